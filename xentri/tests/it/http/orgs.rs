//! Making orgs, changing them, and being in the right one.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{Answer, Server, ada};

fn bakery(more: &Value) -> Value {
    let mut body =
        json!({ "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn a_service_makes_an_org_which_can_be_used_at_once() {
    let server = Server::shared().await;
    let service = server.service("importer");
    let made = service.give("/core/orgs", &bakery(&json!({}))).await;
    let data = made.done(201);
    let org = data["id"].as_str().unwrap();
    assert_eq!((data["version"].as_u64(), data["org_seq"].as_u64()), (Some(1), Some(1)));
    assert_eq!(data["events"][0]["type"], "xentri.org.created.v1");
    assert_eq!(made.header("location"), Some(&*format!("/api/v1/core/orgs/{org}")));
    server.user(org, "owner", "ada").give("/sales/leads", &ada()).await.done(201);
    service.in_org(org).give("/sales/leads", &ada()).await.done(201);

    let id = Uuid::now_v7().to_string();
    assert_eq!(service.give("/core/orgs", &bakery(&json!({ "id": id }))).await.done(201)["id"], id);
    service.give("/core/orgs", &bakery(&json!({ "id": id }))).await.problem(409, "ALREADY_EXISTS");
}

#[tokio::test]
async fn making_an_org_may_be_repeated_and_raced() {
    let server = Server::shared().await;
    let service = server.service("importer");
    let key = Uuid::new_v4().to_string();
    let create = |currency: &str| {
        let body = bakery(&json!({ "currency": currency }));
        Answer::to(service.post("/core/orgs", &body).header("idempotency-key", &key))
    };
    let answers = join_all((0..8).map(|_| create("EUR"))).await;
    let org = &answers[0].done(201)["id"];
    assert!(answers.iter().all(|answer| answer.done(201)["id"] == *org));
    assert_eq!(answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).count(), 1);
    create("USD").await.problem(422, "KEY_REUSED");
}

#[tokio::test]
async fn an_org_is_found_by_what_the_identity_provider_calls_it() {
    let server = Server::shared().await;
    let external = format!("org_{}", Uuid::new_v4().simple());
    let owner = server.owner_with(&external).await;
    let by_name = server.user(&external, "owner", "ada");
    by_name.give("/sales/leads", &ada()).await.done(201);
    // The header may say it in either way, and only agree.
    by_name.in_org(&owner.org).give("/sales/leads", &ada()).await.done(201);
    owner.in_org(&external).give("/sales/leads", &ada()).await.done(201);
    let answer = server.service("importer").in_org(&external).give("/sales/leads", &ada()).await;
    assert_eq!(answer.done(201)["org_seq"], 5);
    let taken =
        server.service("importer").give("/core/orgs", &bakery(&json!({ "external_id": external }))).await;
    taken.blames(409, "EXTERNAL_ID_TAKEN", &[("/external_id", "taken")]);
}

#[tokio::test]
async fn a_header_that_names_another_org_is_403_whether_that_org_is_there_or_not() {
    let server = Server::shared().await;
    let (owner, other) = (server.owner().await, server.owner().await);
    for named in [other.org.as_str(), "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a", "org_nobody", "", "x y"] {
        owner.in_org(named).give("/sales/leads", &ada()).await.problem(403, "ORG_MISMATCH");
    }
    let twice =
        owner.post("/sales/leads", &ada()).header("x-org-id", &owner.org).header("x-org-id", &other.org);
    Answer::to(twice).await.problem(400, "BAD_HEADER");
    server
        .service("importer")
        .in_org("org_nobody")
        .give("/sales/leads", &ada())
        .await
        .problem(403, "ORG_UNKNOWN");
}

#[tokio::test]
async fn settings_are_changed_by_those_who_may_and_count_at_once() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let path = format!("/core/orgs/{}/change-settings", owner.org);
    let change = json!({ "invoice_prefix": "FAC", "time_zone": "America/New_York" });
    for role in ["member", "auditor", "analyst", "integrator"] {
        server.user(&owner.org, role, "eve").give(&path, &change).await.problem(403, "FORBIDDEN");
    }
    let changed = owner.give(&path, &change).await;
    assert_eq!(changed.done(200)["events"][0]["type"], "xentri.org.settings_changed.v1");
    // What is so already is no event.
    assert_eq!(owner.give(&path, &change).await.done(200)["events"], json!([]));
    let invoice = owner.invoice().await;
    let issue = owner.post(&format!("/finance/invoices/{invoice}/issue"), &json!({}));
    let issued = Answer::to(issue.header("prefer", "return=representation")).await;
    let number = issued.done(200)["state"]["bill"]["number"].as_str().unwrap().to_owned();
    assert!(number.starts_with("FAC-") && number.ends_with("-000001"), "{number}");
    owner.give(&path, &json!({ "time_zone": "Mars/Olympus" })).await.problem(422, "INVALID");
}
