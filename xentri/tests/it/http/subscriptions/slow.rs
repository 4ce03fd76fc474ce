//! Clients that take what they are sent slowly, or not at all.

use serde_json::{Value, json};

use super::support::{Client, SPEAKS, metric, number};
use crate::http::support::{Caller, Server};
use crate::process::{eventually, free};

/// So many events that neither the server's nor the system's buffers take all of them.
const EVENTS: usize = 120;
const QUERY: &str = "subscription($after: OrgSeq) { events(after: $after) { orgSeq payload } }";

/// Some 60 KB of text each.
async fn fill(owner: &Caller) {
    let site = owner.make("/brand/sites", &json!({ "name": "Bread", "slug": "bread" })).await;
    let text = "x".repeat(9900);
    let page = json!({ "site_id": site, "path": "/", "title": "Bread", "blocks": [] });
    let page = owner.make("/brand/pages", &page).await;
    for number in 0..EVENTS {
        // An event has what has changed.
        let block = |_| json!({ "type": "text", "text": format!("{number}{text}") });
        let change = json!({ "blocks": (0..6).map(block).collect::<Vec<_>>() });
        owner.give(&format!("/brand/pages/{page}/update"), &change).await.done(200);
    }
}

/// How many the server has ended for that reason.
async fn ended(admin: &str, reason: &str) -> u64 {
    metric(admin, &format!("xentri_sockets_ended_total{{reason=\"{reason}\"}}")).await
}

async fn begin(client: &mut Client, owner: &Caller, after: Option<&Value>) {
    client.init(&json!({ "Authorization": format!("Bearer {}", owner.token()) })).await;
    client.subscribe("1", QUERY, &json!({ "after": after.unwrap_or(&json!(0)) })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_is_closed_with_the_code_to_resume_and_loses_nothing() {
    let admin = free();
    let settings = [("XENTRI_SUBSCRIPTIONS_SLOW_AFTER", "500ms"), ("XENTRI_ADMIN_LISTEN", &*admin)];
    let server = Server::with(&settings).await;
    let owner = server.owner().await;
    fill(&owner).await;
    let before = server.memory();
    let mut client = Client::connect_small(&server.api).await;
    begin(&mut client, &owner, None).await;
    let mut most = before;
    eventually("too slow", async || {
        most = most.max(server.memory());
        ended(&admin, "too_slow").await == 1
    })
    .await;
    let grown = most - before;
    let mut seen = Vec::new();
    let (code, reason) = loop {
        match client.hear().await {
            Ok(message) => seen.push(number(&message["payload"]["data"])),
            Err(closed) => break closed,
        }
    };
    assert_eq!(code, 4290, "{reason}");
    assert!(reason.starts_with("Too slow; resume after "), "{reason}");
    assert!(grown < 24 << 10, "{grown} KB for a client that takes nothing");
    let named: u64 = reason.rsplit(' ').next().unwrap().parse().unwrap();
    let last = *seen.last().expect("what was in the buffers");
    let head = u64::try_from(EVENTS).unwrap() + 5;
    assert!(named <= last && last < head, "{named} {last} {head}");
    // However long it takes for all that is left.
    let patient = server.another().await;
    let mut client = Client::connect(&patient.api, &[SPEAKS]).await;
    begin(&mut client, &owner.at(&patient), Some(&json!(last))).await;
    seen.extend(client.numbers("1", usize::try_from(head - last).unwrap()).await);
    assert_eq!(seen, (1..=head).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_no_ping_is_closed_and_who_does_is_not() {
    let admin = free();
    let settings = [("XENTRI_SUBSCRIPTIONS_KEEP_ALIVE", "1s"), ("XENTRI_ADMIN_LISTEN", &*admin)];
    let server = Server::with(&settings).await;
    let owner = server.owner().await;
    let (mut deaf, mut awake) = (Client::open(&owner).await, Client::open(&owner).await);
    awake.subscribe("1", "subscription { events { orgSeq } }", &json!({})).await;
    // Whoever reads answers without knowing.
    let waits = tokio::spawn(async move {
        let heard = awake.hear().await;
        (awake, heard)
    });
    // It reads nothing until then, so it answers nothing.
    eventually("silent", async || ended(&admin, "silent").await == 1).await;
    assert_eq!(deaf.closed().await, (4290, "No answer to a ping".to_owned()));
    owner.lead().await;
    let (_awake, heard) = waits.await.unwrap();
    assert_eq!(heard.unwrap()["payload"]["data"]["events"]["orgSeq"], 2);
}
