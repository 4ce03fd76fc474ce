//! How much one client and one org may have, and what is given back.

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use super::support::{Client, EVENTS, LEAD, SPEAKS, metric};
use crate::http::support::Server;
use crate::process::{eventually, free};

#[tokio::test]
async fn the_limits_of_documents_hold_here_too() {
    let server = Server::shared().await;
    let mut client = Client::open(&server.owner().await).await;
    let aliases = (0..101).fold(String::new(), |all, n| format!("{all} a{n}: orgSeq"));
    let deep = format!("subscription {{ events {{ {} x {} }} }}", "a { ".repeat(20), "} ".repeat(20));
    for (query, code) in [
        (format!("subscription {{ events {{ {aliases} }} }}"), "QUERY_TOO_COSTLY"),
        (deep, "QUERY_TOO_COSTLY"),
        (format!("subscription {{ events {{ orgSeq }} }} #{}", "x".repeat(70_000)), "QUERY_TOO_COSTLY"),
        ("subscription { events { nothing } }".to_owned(), "QUERY_INVALID"),
        ("subscription { events { orgSeq }".to_owned(), "QUERY_INVALID"),
        ("subscription { events { ...F } } fragment F on Event { ...F }".to_owned(), "QUERY_INVALID"),
        ("subscription { a: events { orgSeq } b: events { orgSeq } }".to_owned(), "BAD_ARGUMENT"),
        ("subscription { events(types: [\"x\"]) { orgSeq } }".to_owned(), "BAD_ARGUMENT"),
        ("{ org { name } }".to_owned(), "BAD_ARGUMENT"),
        ("query A { __typename }".to_owned(), "BAD_ARGUMENT"),
        (String::new(), "BAD_ARGUMENT"),
    ] {
        client.subscribe("1", &query, &json!({})).await;
        assert_eq!(client.refusal("1").await, code, "{query:.80}");
    }
    let bad = json!({ "query": EVENTS, "extensions": { "consistencyToken": "x" } });
    client.say(&json!({ "id": "1", "type": "subscribe", "payload": bad })).await;
    assert_eq!(client.refusal("1").await, "BAD_CONSISTENCY_TOKEN");
}

#[tokio::test]
async fn a_socket_and_an_org_have_only_so_many_and_others_have_theirs() {
    let limits = [("XENTRI_RATE_LIMIT_SOCKETS_PER_ORG", "2"), ("XENTRI_SUBSCRIPTIONS_PER_SOCKET", "2")];
    let server = Server::with(&limits).await;
    let (owner, other) = (server.owner().await, server.owner().await);
    let mut first = Client::open(&owner).await;
    let _second = Client::open(&owner).await;
    let mut third = Client::connect(&server.api, &[SPEAKS]).await;
    let payload = json!({ "Authorization": format!("Bearer {}", owner.token()) });
    third.say(&json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(third.closed().await, (1013, "Try again later: RATE_LIMITED".to_owned()));
    Client::open(&other).await;
    for id in ["a", "b"] {
        first.subscribe(id, EVENTS, &json!({})).await;
    }
    first.subscribe("c", EVENTS, &json!({})).await;
    assert_eq!(first.refusal("c").await, "RATE_LIMITED");
    first.say(&json!({ "id": "a", "type": "complete" })).await;
    first.subscribe("c", EVENTS, &json!({ "after": 0 })).await;
    assert_eq!(first.numbers("c", 1).await, [1]);
    drop(first);
    eventually("the place is free again", async || {
        let mut client = Client::connect(&server.api, &[SPEAKS]).await;
        client.say(&json!({ "type": "connection_init", "payload": payload })).await;
        client.hear().await.is_ok()
    })
    .await;
}

/// A socket is a connection as long as it is open: else whoever upgrades would have as many as the system gives.
#[tokio::test]
async fn a_socket_keeps_its_place_among_the_connections_until_it_is_closed() {
    let server = Server::with(&[("XENTRI_HTTP_CONNECTIONS", "2")]).await;
    let owner = server.owner().await;
    let (first, mut second) = (Client::open(&owner).await, Client::open(&owner).await);
    let mut third = Box::pin(Client::open(&owner));
    assert!(timeout(Duration::from_millis(300), &mut third).await.is_err(), "both places are taken");
    second.subscribe("1", EVENTS, &json!({ "after": 0 })).await;
    assert_eq!(second.numbers("1", 1).await, [1]);
    drop(first);
    let mut third = third.await;
    third.subscribe("1", EVENTS, &json!({ "after": 0 })).await;
    assert_eq!(third.numbers("1", 1).await, [1]);
}

#[tokio::test]
async fn what_is_unsubscribed_and_who_has_gone_takes_nothing_more() {
    let admin = free();
    let server = Server::with(&[("XENTRI_ADMIN_LISTEN", &admin)]).await;
    let owner = server.owner().await;
    let lead = owner.lead().await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        let mut client = Client::open(&owner).await;
        client.subscribe("events", EVENTS, &json!({ "after": 0 })).await;
        assert_eq!(client.numbers("events", 2).await, [1, 2]);
        client.subscribe("lead", LEAD, &json!({ "id": lead })).await;
        assert_eq!(client.data("lead").await["lead"]["version"], 1);
        clients.push(client);
    }
    let open = async || {
        (metric(&admin, "xentri_sockets_open").await, metric(&admin, "xentri_subscriptions_open").await)
    };
    assert_eq!(open().await, (5, 10));
    for client in &mut clients {
        client.say(&json!({ "id": "events", "type": "complete" })).await;
        client.say(&json!({ "id": "nobody", "type": "complete" })).await;
        client.is_quiet().await;
    }
    assert_eq!(open().await, (5, 5));
    owner.lead().await;
    owner.give(&format!("/sales/leads/{lead}/disqualify"), &json!({ "reason": "spam" })).await.done(200);
    for client in &mut clients {
        assert_eq!(client.data("lead").await["lead"]["version"], 2, "and nothing of what was unsubscribed");
    }
    drop(clients);
    eventually("all is given back", async || open().await == (0, 0)).await;
    assert!(metric(&admin, "xentri_subscription_values_sent_total").await >= 20);
    assert_eq!(metric(&admin, "xentri_sockets_ended_total{reason=\"gone\"}").await, 5);
}
