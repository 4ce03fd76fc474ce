//! Every kind of error that the product promises, by status and code. Bad fields have a file of their own, and so
//! have limits and what is away.

use reqwest::Method;
use serde_json::json;

use super::support::{Answer, Server, ada};

const UNKNOWN: &str = "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a";

#[tokio::test]
async fn an_illegal_transition_is_409_and_names_state_and_command() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let lead = owner.lead().await;
    let qualify = json!({ "score": 80, "reason": "wants bread" });
    let refused = owner.give(&format!("/sales/leads/{lead}/qualify"), &qualify).await;
    let detail = refused.problem(409, "ILLEGAL_TRANSITION")["detail"].as_str().unwrap();
    assert!(detail.contains("qualify") && detail.contains("new"), "{detail}");
}

#[tokio::test]
async fn what_is_not_there_is_404_whether_its_id_is_one_or_not() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let note = json!({ "note": "hm" });
    for id in [UNKNOWN, "7", "ada%40example.com", "%ff", "0190A5E1-7F3C-7A52-9D0E-3F6B8C1D2E4A"] {
        let answer = owner.give(&format!("/sales/leads/{id}/add-note"), &note).await;
        let problem = answer.problem(404, "NOT_FOUND").to_string();
        assert!(!problem.contains("example.com"), "{problem}");
    }
    // An id of another kind of thing is none of this kind.
    let invoice = owner.invoice().await;
    owner.give(&format!("/sales/leads/{invoice}/add-note"), &note).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_route_that_is_none_is_404_and_another_method_405_with_those_allowed() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    for path in [
        "/",
        "/api",
        "/api/v1/sales",
        "/api/v1/sales/leads/a/b/c",
        "/api/v1/sales/leads/",
        "/API/v1/sales/leads",
    ] {
        Answer::to(owner.request(Method::POST, path)).await.problem(404, "NOT_FOUND");
    }
    for (method, path, allow) in [
        (Method::GET, "/api/v1/sales/leads", "POST"),
        (Method::DELETE, "/api/v1/sales/leads", "POST"),
        (Method::PATCH, "/api/v1/users/me/last-scope", "PUT"),
        (Method::POST, "/api/openapi.json", "GET,HEAD"),
    ] {
        let answer = Answer::to(owner.request(method.clone(), path)).await;
        answer.problem(405, "METHOD_NOT_ALLOWED");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
    }
}

#[tokio::test]
async fn who_is_nobody_is_401_and_who_may_not_403_with_what_is_missing() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let nobody = reqwest::Client::new().post(format!("{}/api/v1/sales/leads", server.api)).json(&ada());
    let answer = Answer::to(nobody).await;
    answer.problem(401, "UNAUTHENTICATED");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));

    let invoice = owner.invoice().await;
    let member = server.user(&owner.org, "member", "bob");
    // Whether it is there makes no difference to who may not.
    for id in [invoice.as_str(), UNKNOWN, "7"] {
        let refused = member.give(&format!("/finance/invoices/{id}/issue"), &json!({})).await;
        let detail = refused.problem(403, "FORBIDDEN")["detail"].as_str().unwrap();
        assert_eq!(detail, "missing the permission finance:issue");
    }
    for role in ["auditor", "analyst", "integrator", "king"] {
        server.user(&owner.org, role, "eve").give("/sales/leads", &ada()).await.problem(403, "FORBIDDEN");
    }
    server.user(UNKNOWN, "owner", "ada").give("/sales/leads", &ada()).await.problem(403, "ORG_UNKNOWN");
    let service = server.service("importer");
    service.give("/sales/leads", &ada()).await.problem(403, "ORG_MISSING");
}

#[tokio::test]
async fn a_stream_that_has_moved_on_is_412_with_its_version() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let lead = owner.lead().await;
    let path = format!("/sales/leads/{lead}/add-note");
    owner.give(&path, &json!({ "note": "hm" })).await.done(200);
    let at = |version: &str| owner.post(&path, &json!({ "note": "so" })).header("if-match", version);
    let refused = Answer::to(at("\"1\"")).await;
    assert_eq!(refused.problem(412, "VERSION_MISMATCH")["version"], 2);
    assert_eq!(refused.header("etag"), Some("\"2\""));
    Answer::to(at("\"9\"")).await.problem(412, "VERSION_MISMATCH");
    assert_eq!(Answer::to(at("\"2\"")).await.done(200)["version"], 3);
}

#[tokio::test]
async fn a_header_that_cannot_be_read_is_400_by_its_name() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    for (name, value) in [
        ("Idempotency-Key", "a b"),
        ("If-Match", "1"),
        ("X-Occurred-At", "yesterday"),
        ("X-Occurred-At", "2999-01-01T00:00:00Z"),
        ("X-Correlation-Id", "x"),
        ("X-Causation-Id", "x"),
        ("X-Reason", "\t"),
        ("X-On-Behalf-Of", "x"),
    ] {
        let answer = Answer::to(owner.post("/sales/leads", &ada()).header(name, value)).await;
        let detail = answer.problem(400, "BAD_HEADER")["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("{name}: ")), "{detail}");
    }
    let request =
        (0..101).fold(owner.post("/sales/leads", &ada()), |request, n| request.header(format!("x-{n}"), "y"));
    Answer::to(request).await.problem(431, "HEADERS_TOO_LARGE");
    let behalf = owner.post("/sales/leads", &ada()).header("x-on-behalf-of", UNKNOWN);
    Answer::to(behalf).await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_body_that_is_not_said_to_be_json_is_415() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=utf-16",
    ] {
        let request = owner.request(Method::POST, "/api/v1/sales/leads").header("content-type", kind);
        Answer::to(request.body(ada().to_string())).await.problem(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let request = owner.request(Method::POST, "/api/v1/sales/leads").body(ada().to_string());
    Answer::to(request).await.problem(415, "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn what_is_too_large_is_413() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let body = vec![b' '; (1 << 20) + 1];
    Answer::to(owner.post_raw("/sales/leads", body)).await.problem(413, "TOO_LARGE");
    // As large as may be, and empty but for white space.
    Answer::to(owner.post_raw("/strategy/brief/start", vec![b' '; 1 << 20])).await.done(201);
}

#[tokio::test]
async fn every_code_has_its_page() {
    let server = Server::shared().await;
    let refused = Answer::to(reqwest::Client::new().post(format!("{}/nowhere", server.api))).await;
    let page = refused.problem(404, "NOT_FOUND")["type"].as_str().unwrap();
    let answer = reqwest::get(format!("{}{page}", server.api)).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().contains("NOT_FOUND"));
}
