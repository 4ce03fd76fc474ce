//! `xentri org create`, against an API that the test plays.

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::{Value, json};

use crate::process::{data_dir, output, refusal, xentri};

const ORG: &str = "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a";
const BAKERY: [&str; 8] =
    ["org", "create", "--name", "Bakery", "--time-zone", "Europe/Madrid", "--currency", "EUR"];

/// What was sent: the body and the authorization.
type Sent = Arc<Mutex<Option<(Value, String)>>>;

/// An API that gives this answer to whoever makes an org.
async fn api(status: u16, kind: &'static str, answer: Value) -> (String, Sent) {
    let sent = Sent::default();
    let kept = sent.clone();
    let handler = async move |headers: HeaderMap, Json(body): Json<Value>| -> Response {
        let authorization = headers["authorization"].to_str().unwrap().to_owned();
        *kept.lock().unwrap() = Some((body, authorization));
        (StatusCode::from_u16(status).unwrap(), [("content-type", kind)], answer.to_string()).into_response()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/api/v1/core/orgs", post(handler));
    tokio::spawn(axum::serve(listener, router).into_future());
    (url, sent)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_org_is_made_with_a_token_of_the_data_directory_at_the_address_that_stands_there() {
    let (url, sent) = api(201, "application/json", json!({ "data": { "id": ORG, "version": 1 } })).await;
    let data = data_dir();
    std::fs::write(data.path().join("development.key"), "0123456789abcdef0123456789abcdef").unwrap();
    std::fs::write(data.path().join("api"), &url).unwrap();
    let path = data.path().to_str().unwrap();
    let printed = output(&mut xentri(BAKERY.into_iter().chain(["--data", path, "--json"])));
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    assert_eq!(serde_json::from_slice::<Value>(&printed.stdout).unwrap(), json!({ "id": ORG }));
    let (body, authorization) = sent.lock().unwrap().take().unwrap();
    let bakery =
        json!({ "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "en" });
    assert_eq!(body, bakery);
    assert_eq!(authorization.strip_prefix("Bearer ").unwrap().split('.').count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_option_reaches_the_api() {
    let (url, sent) = api(201, "application/json", json!({ "data": { "id": ORG } })).await;
    let more = ["--language", "es", "--invoice-prefix", "FAC", "--external-id", "org_2ab", "--id", ORG];
    let mut command = xentri(BAKERY.into_iter().chain(more).chain(["--api", &url]));
    // A bare machine has no certificates, and needs none for this.
    let command = command.env("SSL_CERT_FILE", "/none").env("SSL_CERT_DIR", "/none");
    let printed = output(command.env("XENTRI_TOKEN", "a.b.c"));
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), format!("Bakery is made: {ORG}\n"));
    let (body, authorization) = sent.lock().unwrap().take().unwrap();
    assert_eq!(
        body,
        json!({ "id": ORG, "name": "Bakery", "external_id": "org_2ab", "time_zone": "Europe/Madrid",
                "currency": "EUR", "language": "es", "invoice_prefix": "FAC" })
    );
    assert_eq!(authorization, "Bearer a.b.c");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_with_its_code_and_the_fields_to_blame() {
    let problem = json!({ "type": "/errors/INVALID", "title": "…", "status": 422, "code": "INVALID",
        "detail": "The command is not valid.",
        "errors": [{ "pointer": "/currency", "code": "unknown_currency", "detail": "not a currency" }] });
    let (url, _) = api(422, "application/problem+json", problem).await;
    let said = refusal(&mut xentri(BAKERY.into_iter().chain(["--api", &url, "--token", "a.b.c"])));
    assert_eq!(said, "xentri: The command is not valid. (INVALID); /currency: not a currency");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_where_no_xentri_is_is_named() {
    let (url, _) = api(502, "text/html", json!("bad gateway")).await;
    let said = refusal(&mut xentri(BAKERY.into_iter().chain(["--api", &url, "--token", "a.b.c"])));
    assert_eq!(said, "xentri: the answer is 502 Bad Gateway; is it a Xentri there?");
    let nobody = ["--api", "http://127.0.0.1:9", "--token", "a.b.c"];
    let said = refusal(&mut xentri(BAKERY.into_iter().chain(nobody)));
    assert!(said.starts_with("xentri: http://127.0.0.1:9 does not answer; is the server running"), "{said}");
}
