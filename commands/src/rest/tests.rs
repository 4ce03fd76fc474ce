//! Bad requests, all of which end before anything is dispatched. No database is behind this router.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use xentri_domain::kernel::{Actor, Caller, Grants, Role, Service, Slug};
use xentri_domain::registry::command_kinds;
use xentri_ledger::{Ledger, LedgerSettings, MasterKeys, ShardMap};
use xentri_schemas::{Environment, Problem, TraceId};
use xentri_testkit::{TestClock, factory};

use super::{BODY_LIMIT, route, router};
use crate::{DispatchSettings, Dispatcher};

const ID: &str = "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a";
const LEADS: &str = "/api/v1/sales/leads";
const MASTER_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

pub(super) fn routes(database_url: String) -> Router {
    let keeper = Arc::new(MasterKeys::from_text(MASTER_KEY).unwrap());
    let ledger = Ledger::open(ShardMap::single(database_url), keeper, &LedgerSettings::default()).unwrap();
    let settings = DispatchSettings { environment: Environment::Local, deadline: Duration::from_millis(200) };
    router(Dispatcher::new(ledger, Arc::new(TestClock::new()), settings))
}

pub(super) fn owner() -> Caller {
    Caller::InOrg(factory::principal(factory::org(), Role::Owner))
}

pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
    pub(super) problem: Option<Problem>,
}

impl Answered {
    pub(super) fn is(&self, status: u16, code: &str) -> bool {
        self.status == status && self.body["code"] == code && self.problem.is_some()
    }
}

pub(super) async fn ask(routes: &Router, caller: Option<Caller>, request: Builder, body: Body) -> Answered {
    let mut request = request.body(body).unwrap();
    request.extensions_mut().insert::<TraceId>("4bf92f3577b34da6a3ce929d0e0e4736".parse().unwrap());
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    let response = routes.clone().oneshot(request).await.unwrap();
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answered {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
        problem: parts.extensions.remove(),
    }
}

fn nowhere() -> Router {
    routes("postgres://nobody@127.0.0.1:1/none".to_owned())
}

async fn post(path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answered {
    let json = headers.iter().all(|(name, _)| *name != "content-type");
    let mut request = Request::post(path);
    if json {
        request = request.header("content-type", "application/json");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    ask(&nowhere(), Some(owner()), request, body.into()).await
}

#[tokio::test]
async fn every_command_is_posted_and_nothing_else_is() {
    let routes = nowhere();
    for kind in command_kinds() {
        let path =
            route::path(kind).replace("{id}", ID).replace("{scope}", "strategy").replace("{item_id}", ID);
        for method in ["GET", "PUT", "PATCH", "DELETE"] {
            let answered =
                ask(&routes, Some(owner()), Request::builder().method(method).uri(&path), Body::empty())
                    .await;
            assert_eq!(
                (answered.status, &answered.headers["allow"]),
                (405, &"POST".parse().unwrap()),
                "{method} {path}"
            );
        }
        let answered = ask(&routes, Some(owner()), Request::post(&path), "text".into()).await;
        assert!(answered.is(415, "UNSUPPORTED_MEDIA_TYPE"), "{path}: {} {}", answered.status, answered.body);
    }
}

#[tokio::test]
async fn who_was_not_recognised_gets_nowhere() {
    let json = || Request::post(LEADS).header("content-type", "application/json");
    let answered = ask(&nowhere(), None, json(), "{}".into()).await;
    assert!(answered.is(401, "UNAUTHENTICATED"), "{}", answered.body);
    let actor = Actor::System(Slug::parse("signup").unwrap());
    let platform = Caller::Platform(Service { actor, grants: Grants::default() });
    let body = r#"{"name": "Ada", "source": "form"}"#;
    let answered = ask(&nowhere(), Some(platform), json(), body.into()).await;
    assert!(answered.is(403, "ORG_MISSING"), "{}", answered.body);
}

#[tokio::test]
async fn what_is_no_json_is_malformed() {
    let deep = format!(r#"{{"name": {}1{}}}"#, "[".repeat(200), "]".repeat(200));
    for body in ["{", "nonsense", "{} {}", r#"{"name": "a", "name": "b", "source": "form"}"#, &deep] {
        let answered = post(LEADS, &[], body.to_owned()).await;
        assert!(answered.is(400, "MALFORMED"), "{body:.40}: {}", answered.body);
        assert!(answered.body["errors"][0]["pointer"].is_string(), "{}", answered.body);
        assert_eq!(answered.headers["content-type"], "application/problem+json");
    }
    let answered = post(LEADS, &[], &b"{\"name\": \"\xff\"}"[..]).await;
    assert!(answered.is(400, "MALFORMED"), "{}", answered.body);
}

#[tokio::test]
async fn a_field_twice_is_malformed_however_deep_it_stands() {
    let page = format!(
        r#"{{"site_id": "{ID}", "path": "/a", "title": "A", "blocks": [{{"type": "text", "text": "a", "text": "b"}}]}}"#
    );
    let sections = r#"{"sections": {"identity": "a", "identity": "b"}}"#.to_owned();
    let price = r#"{"amount": {"amount": 1, "amount": 2, "currency": "EUR"}}"#.to_owned();
    for (path, body) in [
        ("/api/v1/brand/pages".to_owned(), page),
        ("/api/v1/strategy/brief/submit-draft".to_owned(), sections),
        (format!("{LEADS}/{ID}/win"), price),
    ] {
        let answered = post(&path, &[], body).await;
        assert!(answered.is(400, "MALFORMED"), "{path}: {}", answered.body);
        assert!(
            answered.body["detail"].as_str().unwrap().contains("given more than once"),
            "{}",
            answered.body
        );
    }
}

#[tokio::test]
async fn wrong_fields_are_pointed_at() {
    for (path, body, errors) in [
        (
            LEADS.to_owned(),
            r#"{"name": "Ada", "source": "form", "colour": 1}"#,
            json!([["/colour", "unknown_field"]]),
        ),
        (LEADS.to_owned(), r#"{"name": 5}"#, json!([["/name", "wrong_type"], ["/source", "missing"]])),
        (LEADS.to_owned(), "[]", json!([["", "wrong_type"]])),
        (LEADS.to_owned(), "", json!([["/name", "missing"], ["/source", "missing"]])),
        (
            format!("{LEADS}/{ID}/win"),
            r#"{"amount": {"amount": 1e400, "currency": "EUR"}}"#,
            json!([["", "malformed_json"]]),
        ),
        (
            format!("{LEADS}/{ID}/win"),
            r#"{"amount": {"amount": 123456789012345678901234567890, "currency": "EUR"}}"#,
            json!([["/amount/amount", "out_of_range"]]),
        ),
    ] {
        let answered = post(&path, &[], body).await;
        let found: Vec<Value> = answered.body["errors"]
            .as_array()
            .unwrap_or_else(|| panic!("{body}: {}", answered.body))
            .iter()
            .map(|error| json!([error["pointer"], error["code"]]))
            .collect();
        assert_eq!(Value::Array(found), errors, "{body}");
        let expected = if errors[0][1] == "malformed_json" { (400, "MALFORMED") } else { (422, "INVALID") };
        assert!(answered.is(expected.0, expected.1), "{body}: {}", answered.body);
    }
}

#[tokio::test]
async fn a_body_may_not_be_longer_than_the_limit() {
    let body = |len: usize| format!("{}{{}}", " ".repeat(len - 2));
    assert!(post(LEADS, &[], body(BODY_LIMIT + 1)).await.is(413, "TOO_LARGE"));
    assert!(post(LEADS, &[], body(BODY_LIMIT)).await.is(422, "INVALID"));
}

#[tokio::test]
async fn other_media_types_are_refused_and_no_body_needs_none() {
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let answered = post(LEADS, &[("content-type", media_type)], "{}").await;
        assert!(answered.is(415, "UNSUPPORTED_MEDIA_TYPE"), "{media_type}: {}", answered.body);
    }
    let bare = Request::post(format!("{LEADS}/{ID}/lose"));
    let answered = ask(&nowhere(), Some(owner()), bare, Body::empty()).await;
    assert!(answered.is(422, "INVALID"), "{}", answered.body);
    let answered =
        post(LEADS, &[("content-type", "application/json"), ("content-type", "application/json")], "{}")
            .await;
    assert!(answered.is(400, "BAD_HEADER"), "{}", answered.body);
}

#[tokio::test]
async fn bad_headers_are_named() {
    let body = r#"{"name": "Ada", "source": "form"}"#;
    for (name, value) in
        [("If-Match", "*"), ("If-Match", "W/\"1\""), ("Idempotency-Key", "a b"), ("X-Occurred-At", "now")]
    {
        let answered = post(LEADS, &[(name, value)], body).await;
        assert!(answered.is(400, "BAD_HEADER"), "{}", answered.body);
        assert!(answered.body["detail"].as_str().unwrap().starts_with(name), "{}", answered.body);
    }
    let answered = post(LEADS, &[("idempotency-key", "a"), ("idempotency-key", "b")], body).await;
    assert!(answered.is(400, "BAD_HEADER"), "{}", answered.body);
    let answered = post(LEADS, &[("x-on-behalf-of", ID)], body).await;
    assert!(answered.is(403, "FORBIDDEN"), "{}", answered.body);
}

#[tokio::test]
async fn an_id_that_can_be_none_is_not_found() {
    for id in [
        "1",
        "00000000-0000-0000-0000-000000000000",
        "%00",
        "%2e%2e",
        "a%20b",
        "0190a5e17f3c7a529d0e3f6b8c1d2e4a",
    ] {
        let answered = post(&format!("{LEADS}/{id}/complete-follow-up"), &[], "").await;
        assert!(answered.is(404, "NOT_FOUND"), "{id}: {}", answered.body);
        assert_eq!(answered.body["detail"], "lead is not known");
    }
    for path in [
        "/api/v1/pulse/items/dismiss/1",
        "/api/v1/pulse/module.x/dismiss/1",
        "/api/v1/pulse/strategy/dismiss/1",
    ] {
        let answered = post(path, &[], "").await;
        assert!(answered.is(404, "NOT_FOUND"), "{path}: {}", answered.body);
    }
    assert!(post(&format!("{LEADS}/%ff/win"), &[], "{}").await.is(404, "NOT_FOUND"));
}

#[tokio::test]
async fn a_path_that_no_command_has_is_left_to_others() {
    for path in ["/api/v1/sales/leads/", "/api/v1/sales/lead", "/api/v1/strategy/brief", "/sales/leads"] {
        let answered = post(path, &[], "{}").await;
        assert_eq!((answered.status, answered.problem), (404, None), "{path}");
    }
}

#[tokio::test]
async fn a_good_request_goes_on_to_be_dispatched() {
    let headers = [
        ("idempotency-key", "order-4711"),
        ("if-match", "\"0\""),
        ("x-occurred-at", "2026-03-02T12:00:00Z"),
        ("x-correlation-id", ID),
        ("x-causation-id", ID),
        ("x-reason", "as agreed"),
        ("prefer", "return=representation"),
    ];
    let answered = post(LEADS, &headers, r#"{"name": "Ada", "source": "form"}"#).await;
    assert!(answered.status >= 500, "no database is there: {} {}", answered.status, answered.body);
}
