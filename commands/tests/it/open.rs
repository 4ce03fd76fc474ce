//! What needs no token, through the router.

use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;
use xentri_commands::{open, openapi};
use xentri_schemas::{ErrorKind, PROBLEM_JSON};

async fn get(path: &str, header: Option<(HeaderName, &str)>) -> (StatusCode, HeaderMap, String) {
    let mut request = Request::get(path);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let response = open::router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_document_is_served_as_it_is_committed_and_not_twice() {
    let (status, headers, body) = get("/api/openapi.json", None).await;
    assert_eq!((status, &headers[CONTENT_TYPE]), (StatusCode::OK, &"application/json".parse().unwrap()));
    assert_eq!(headers[CACHE_CONTROL], "public, no-cache");
    assert_eq!(body, openapi::document());
    let tag = headers[ETAG].to_str().unwrap();
    for known in [tag.to_owned(), format!("\"old\", W/{tag}"), "*".to_owned()] {
        let (status, headers, body) = get("/api/openapi.json", Some((IF_NONE_MATCH, &known))).await;
        assert_eq!(
            (status, body.as_str(), headers[ETAG].to_str().unwrap()),
            (StatusCode::NOT_MODIFIED, "", tag)
        );
    }
    assert_eq!(get("/api/openapi.json", Some((IF_NONE_MATCH, "\"old\""))).await.0, StatusCode::OK);
}

#[tokio::test]
async fn every_code_has_a_page_in_every_form() {
    for kind in ErrorKind::ALL {
        let path = kind.example().type_uri();
        for (accept, wanted) in
            [("text/html", "text/html"), ("text/plain", "text/plain"), ("*/*", "text/markdown")]
        {
            let (status, headers, body) = get(&path, Some((ACCEPT, accept))).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert_eq!(headers[CONTENT_TYPE], format!("{wanted}; charset=utf-8"), "{path}");
            assert!(
                body.contains(kind.code) && body.contains(kind.title.split('\'').next().unwrap()),
                "{path}: {body}"
            );
        }
    }
}

#[tokio::test]
async fn the_form_is_the_one_that_is_wanted_most() {
    for (accept, wanted) in [
        (None, "text/markdown"),
        (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), "text/html"),
        (Some("text/html;q=0.1, text/plain;q=0.5"), "text/plain"),
        (Some("text/html;q=0, */*"), "text/markdown"),
        (Some("application/json"), "text/markdown"),
        (Some(";;q=,"), "text/markdown"),
    ] {
        let (_, headers, _) = get("/errors", accept.map(|accept| (ACCEPT, accept))).await;
        assert_eq!(headers[CONTENT_TYPE], format!("{wanted}; charset=utf-8"), "{accept:?}");
    }
}

#[tokio::test]
async fn the_list_leads_to_every_page() {
    let (_, _, html) = get("/errors", Some((ACCEPT, "text/html"))).await;
    let (_, _, markdown) = get("/errors", None).await;
    for kind in ErrorKind::ALL {
        assert!(html.contains(&format!("href=\"{}\"", kind.example().type_uri())), "{}", kind.code);
        assert!(markdown.contains(&format!("\n## {}\n", kind.code)), "{}", kind.code);
    }
    assert!(html.contains("<code>bad_format</code>") && !html.contains('`'));
}

#[tokio::test]
async fn an_unknown_code_is_a_problem_of_its_own() {
    for path in ["/errors/NO_SUCH", "/errors/not_found", "/errors/%3Cscript%3E"] {
        let (status, headers, body) = get(path, Some((ACCEPT, "text/html"))).await;
        assert_eq!((status, &headers[CONTENT_TYPE]), (StatusCode::NOT_FOUND, &PROBLEM_JSON.parse().unwrap()));
        let problem: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(problem["code"], "NOT_FOUND");
        assert!(!body.contains("script"));
    }
}
