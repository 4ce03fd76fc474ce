//! The page at `/graphiql`: whole in itself, and made of what is committed beside it.

use std::path::Path;
use std::process::Command;

use axum::body::{Body, to_bytes};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use axum::http::{HeaderMap, HeaderName, Request, StatusCode};
use tower::ServiceExt as _;
use xentri_query_api::graphiql;
use xentri_testkit::node_project;

async fn get(path: &str, known: Option<&str>) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::get(path);
    if let Some(tag) = known {
        request = request.header(IF_NONE_MATCH, tag);
    }
    let answer = graphiql::router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (head, body) = answer.into_parts();
    (head.status, head.headers, to_bytes(body, usize::MAX).await.unwrap().to_vec())
}

fn value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_page_names_no_other_host_and_may_load_from_none() {
    let (status, headers, page) = get("/graphiql", None).await;
    let page = String::from_utf8(page).unwrap();
    assert_eq!(status, StatusCode::OK);
    assert_eq!(value(&headers, &CONTENT_TYPE), "text/html; charset=utf-8");
    assert!(!page.contains("//"), "{page}");
    let policy = value(&headers, &CONTENT_SECURITY_POLICY);
    let (default, others) = policy.split_once("; ").unwrap();
    assert_eq!(default, "default-src 'none'");
    for directive in others.split("; ") {
        let mut sources = directive.split(' ').skip(1);
        assert!(
            sources.all(|source| ["'self'", "'none'", "'unsafe-inline'", "data:"].contains(&source)),
            "{directive}"
        );
    }
    assert!(policy.contains("script-src 'self';") && policy.contains("connect-src 'self';"), "{policy}");
}

#[tokio::test]
async fn all_that_the_page_loads_is_there_and_is_asked_for_once() {
    let (_, _, page) = get("/graphiql", None).await;
    let page = String::from_utf8(page).unwrap();
    let attributes = page.split(['"', '\'']).filter(|text| text.starts_with("graphiql/"));
    let loaded: Vec<&str> = attributes.chain(["graphiql/notices.txt"]).collect();
    assert_eq!(loaded, ["graphiql/graphiql.css", "graphiql/graphiql.js", "graphiql/notices.txt"]);
    for (name, media_type) in loaded.iter().zip(["text/css", "text/javascript", "text/plain"]) {
        let (status, headers, body) = get(&format!("/{name}"), None).await;
        assert_eq!(status, StatusCode::OK, "{name}");
        assert_eq!(value(&headers, &CONTENT_TYPE), format!("{media_type}; charset=utf-8"));
        assert_eq!(value(&headers, &CONTENT_ENCODING), "gzip");
        assert_eq!(value(&headers, &CACHE_CONTROL), "public, no-cache");
        assert!(body.starts_with(&[0x1f, 0x8b]) && body.len() < 500_000, "{name}: {} bytes", body.len());
        let tag = value(&headers, &ETAG);
        let (status, headers, body) = get(&format!("/{name}"), Some(tag)).await;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(value(&headers, &CONTENT_ENCODING), "");
        let (status, ..) = get(&format!("/{name}"), Some("\"another\"")).await;
        assert_eq!(status, StatusCode::OK);
    }
    assert_eq!(get("/graphiql/page.jsx", None).await.0, StatusCode::NOT_FOUND);
}

/// Where a package, the page or the way of building has changed, `npm run build` in `graphiql/` writes it anew.
#[test]
fn what_is_embedded_is_what_the_page_and_its_lock_make() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("graphiql");
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("graphiql");
    node_project(&sources, &place);
    let checked = Command::new("node").args(["build.js", "--check"]).current_dir(&place).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    // A check that sees no difference would let anything in.
    std::fs::write(place.join("page/examples/overview.graphql"), "{ org { name } }").unwrap();
    let checked = Command::new("node").args(["build.js", "--check"]).current_dir(&place).output().unwrap();
    let complaint = String::from_utf8_lossy(&checked.stderr);
    assert!(!checked.status.success() && complaint.contains("built/graphiql.js.gz"), "{complaint}");
}
