//! What messages look like, for everybody.

use reqwest::Client;
use serde_json::Value;

use super::support::{Answer, Server};

#[tokio::test]
async fn every_schema_of_the_list_is_there_without_a_token_and_describes_what_the_feed_sends() {
    let server = Server::shared().await;
    let client = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let get = |path: &str| client.get(format!("{}{path}", server.api));
    let list = Answer::to(get("/api/v1/schemas")).await;
    let listed = list.body["data"].as_array().unwrap();
    assert!(listed.len() > 50, "{}", list.body);
    let owner = server.owner().await;
    owner.lead().await;
    let feed = Answer::to(owner.request(reqwest::Method::GET, "/api/v1/events")).await;
    for event in feed.body["data"].as_array().unwrap() {
        let one = listed.iter().find(|one| one["payload_schema"] == event["payload_schema"]).unwrap();
        assert_eq!(one["type"], event["type"]);
        let schema = Answer::to(get(one["href"].as_str().unwrap())).await;
        assert_eq!((schema.status, schema.header("content-type")), (200, Some("application/schema+json")));
        assert_eq!(schema.body["$id"], one["dataschema"]);
        let validator = jsonschema::validator_for(&schema.body).unwrap();
        assert!(validator.is_valid(event), "{event}");
        let mut other: Value = event.clone();
        other["payload"] = "none".into();
        assert!(!validator.is_valid(&other));
    }
}

#[tokio::test]
async fn who_has_a_schema_is_told_that_it_is_the_same() {
    let server = Server::shared().await;
    let client = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    for path in ["/api/v1/schemas", "/api/v1/schemas/invoice.issued@1.0"] {
        let get = || client.get(format!("{}{path}", server.api));
        let first = Answer::to(get()).await;
        assert!(first.header("cache-control").unwrap().starts_with("public"));
        let again = Answer::to(get().header("if-none-match", first.header("etag").unwrap())).await;
        assert_eq!((again.status, again.body), (304, Value::Null));
    }
    for name in ["invoice.issued@9.0", "invoice.issued", "urn:xentri:message:invoice.issued@1.0", "%ff"] {
        Answer::to(client.get(format!("{}/api/v1/schemas/{name}", server.api))).await;
    }
    Answer::to(client.get(format!("{}/api/v1/schemas/invoice.issued@9.0", server.api)))
        .await
        .problem(404, "NOT_FOUND");
}
