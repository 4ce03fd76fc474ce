//! Every way in which a socket ends, by its code.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::support::{Client, EVENTS, LEAD, SPEAKS};
use crate::http::support::keys::{Key, but, claims, now};
use crate::http::support::{Answer, Server};

#[tokio::test]
async fn what_the_protocol_forbids_is_closed_with_its_codes() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let mut client = Client::open(&owner).await;
    client.say(&json!({ "type": "connection_init" })).await;
    assert_eq!(client.closed().await, (4429, "Too many initialisation requests".to_owned()));
    let mut client = Client::connect(&server.api, &[SPEAKS]).await;
    client.subscribe("1", EVENTS, &json!({})).await;
    assert_eq!(client.closed().await, (4401, "Unauthorized".to_owned()));
    let mut client = Client::open(&owner).await;
    client.subscribe("a", LEAD, &json!({ "id": owner.org })).await;
    client.subscribe("a", EVENTS, &json!({})).await;
    let code = loop {
        if let Err(closed) = client.hear().await {
            break closed;
        }
    };
    assert_eq!(code, (4409, "Subscriber for a already exists".to_owned()));
    for bad in
        ["", "x", "[]", "{\"type\":\"subscribe\"}", "{\"type\":\"start\",\"id\":\"1\"}", "{\"id\":\"1\"}"]
    {
        let mut client = Client::open(&owner).await;
        client.send(Message::Text(bad.into())).await;
        let (code, reason) = client.closed().await;
        assert_eq!(code, 4400, "{bad}");
        assert!(reason.starts_with("Invalid message received"), "{reason}");
    }
    let mut client = Client::open(&owner).await;
    client.send(Message::Binary(vec![1, 2].into())).await;
    assert_eq!(client.closed().await.0, 4400);
    let mut client = Client::connect(&server.api, &[]).await;
    assert_eq!(client.closed().await, (4406, "Subprotocol not acceptable".to_owned()));
}

#[tokio::test]
async fn who_is_not_recognised_is_closed_and_told_why() {
    let server = Server::shared().await;
    let (owner, other) = (server.owner().await, server.owner().await);
    let bearer = format!("Bearer {}", owner.token());
    for (payload, reason) in [
        (json!({}), "Forbidden: UNAUTHENTICATED"),
        (json!({ "Authorization": "Bearer x.y.z" }), "Forbidden: UNAUTHENTICATED"),
        (json!({ "authorization": bearer, "x-org-id": other.org }), "Forbidden: ORG_MISMATCH"),
        (
            json!({ "Authorization": format!("Bearer {}", server.service("importer").token()) }),
            "Forbidden: ORG_MISSING",
        ),
    ] {
        let mut client = Client::connect(&server.api, &[SPEAKS]).await;
        client.say(&json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(client.closed().await, (4403, reason.to_owned()), "{payload}");
    }
    let mut client = Client::connect(&server.api, &[SPEAKS]).await;
    client.say(&json!({ "type": "connection_init", "payload": { "Authorization": 7 } })).await;
    assert_eq!(client.closed().await.0, 4400);
}

#[tokio::test]
async fn headers_of_the_upgrade_do_as_well_and_the_socket_has_the_last_word() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let bearer = format!("Bearer {}", owner.token());
    let mut client = Client::connect(&server.api, &[SPEAKS, ("authorization", &bearer)]).await;
    client.init(&json!({})).await;
    let mut client = Client::connect(&server.api, &[SPEAKS, ("authorization", "Bearer x.y.z")]).await;
    client.init(&json!({ "AUTHORIZATION": bearer })).await;
    let service = format!("Bearer {}", server.service("importer").token());
    let mut client = Client::connect(&server.api, &[SPEAKS]).await;
    client.init(&json!({ "Authorization": service, "X-Org-Id": owner.org })).await;
    client.subscribe("1", EVENTS, &json!({ "after": 0 })).await;
    assert_eq!(client.numbers("1", 1).await, [1]);
}

/// A page of somebody else's can make a browser send the cookie, and can't read a token.
#[tokio::test]
async fn a_cookie_alone_needs_an_origin_that_is_allowed() {
    let server = Server::with(&[("XENTRI_AUTH_ALLOWED_ORIGINS", "https://app.example.com")]).await;
    let owner = server.owner().await;
    let cookie = format!("xentri_session={}", owner.token());
    for (origin, may) in [("https://evil.example.com", false), ("https://app.example.com", true)] {
        let headers = [SPEAKS, ("cookie", &*cookie), ("origin", origin)];
        let mut client = Client::connect(&server.api, &headers).await;
        client.say(&json!({ "type": "connection_init" })).await;
        assert_eq!(client.hear().await.is_ok(), may, "{origin}");
    }
}

#[tokio::test]
async fn who_says_nothing_is_closed() {
    let server = Server::with(&[("XENTRI_SUBSCRIPTIONS_INIT_TIMEOUT", "300ms")]).await;
    let mut client = Client::connect(&server.api, &[SPEAKS]).await;
    assert_eq!(client.closed().await, (4408, "Connection initialisation timeout".to_owned()));
}

#[tokio::test]
async fn whose_token_ends_is_closed_then_and_not_before() {
    let server = Server::with(&[("XENTRI_AUTH_LEEWAY", "1s")]).await;
    let owner = server.owner().await;
    let short = but(claims(&owner.org, "integrator", "shop"), &json!({ "exp": now() + 5 }));
    let integrator = owner.with_token(Key::of_users().sign(&short));
    let mut client = Client::open(&integrator).await;
    client.subscribe("1", EVENTS, &json!({ "after": 0 })).await;
    assert_eq!(client.numbers("1", 1).await, [1]);
    assert_eq!(client.closed().await, (4403, "Forbidden: token expired; resume after 1".to_owned()));
    assert!(now() >= short["exp"].as_u64().unwrap(), "not before");
    let mut client = Client::connect(&server.api, &[SPEAKS]).await;
    let payload = json!({ "Authorization": format!("Bearer {}", integrator.token()) });
    client.say(&json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(client.closed().await.0, 4403);
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_are_closed_when_the_server_is_stopped_and_resume_at_another() {
    let mut server = Server::with(&[]).await;
    let owner = server.owner().await;
    let another = server.another().await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        let mut client = Client::open(&owner).await;
        client.subscribe("1", EVENTS, &json!({ "after": 0 })).await;
        assert_eq!(client.numbers("1", 1).await, [1]);
        clients.push(client);
    }
    let begin = Instant::now();
    server.signal("TERM");
    for client in &mut clients {
        assert_eq!(client.closed().await, (1012, "Service restart; resume after 1".to_owned()));
    }
    drop(clients);
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    assert!(server.end().success());
    let owner = owner.at(&another);
    owner.lead().await;
    let mut client = Client::open(&owner).await;
    client.subscribe("1", EVENTS, &json!({ "after": 1 })).await;
    assert_eq!(client.numbers("1", 1).await, [2]);
}

#[tokio::test]
async fn a_get_that_is_no_upgrade_is_refused() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let got = Answer::to(owner.request(Method::GET, "/graphql")).await;
    got.problem(405, "METHOD_NOT_ALLOWED");
    assert_eq!(got.header("allow"), Some("POST"));
    let broken = owner.request(Method::GET, "/graphql").header("upgrade", "websocket");
    Answer::to(broken).await.problem(400, "BAD_HEADER");
}
