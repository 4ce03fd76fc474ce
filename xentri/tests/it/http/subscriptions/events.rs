//! What happens, as it happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::time::timeout;

use super::support::{Client, EVENTS, number};
use crate::http::support::{Answer, Caller, Server, ada};

#[tokio::test]
async fn events_come_as_they_happen_and_can_be_read_at_once() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    owner.lead().await;
    let mut client = Client::open(&owner).await;
    client.subscribe("all", EVENTS, &json!({ "after": 0 })).await;
    assert_eq!(client.numbers("all", 2).await, [1, 2]);
    for seq in 3..8 {
        let lead = owner.lead().await;
        let data = client.data("all").await;
        assert_eq!(data, json!({ "events": { "orgSeq": seq, "type": "xentri.lead.created.v1" } }));
        let query = json!({ "query": "query($id: UUID!) { lead(id: $id) { version } history(last: 1) { edges { cursor } } }",
            "variables": { "id": lead } });
        let read = Answer::to(owner.request(Method::POST, "/graphql").json(&query)).await.body;
        assert_eq!(read["data"]["lead"]["version"], 1, "{read}");
        assert_eq!(read["data"]["history"]["edges"][0]["cursor"], seq.to_string());
    }
}

/// Makes events behind the first two until the subscription has told of the last. Where it begins is not said, but from there on it
/// tells of all. Gives the first that it told of, and the last.
async fn begin_at_the_end(client: &mut Client, owner: &Caller, id: &str) -> (u64, u64) {
    let mut made = 0;
    let first = loop {
        owner.lead().await;
        made += 1;
        if let Ok(message) = timeout(Duration::from_millis(300), client.data(id)).await {
            break number(&message);
        }
        assert!(made < 600, "it tells nothing");
    };
    let end = 2 + made;
    for seq in first + 1..=end {
        assert_eq!(number(&client.data(id).await), seq);
    }
    (first, end)
}

#[tokio::test]
async fn without_a_place_only_what_follows_is_told_and_types_leave_the_others_out() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let lead = owner.lead().await;
    let mut client = Client::open(&owner).await;
    client.subscribe("new", EVENTS, &json!({})).await;
    let (first, end) = begin_at_the_end(&mut client, &owner, "new").await;
    assert!(first > 2, "{first} was there before");
    let lost = "subscription { events(types: [\"xentri.lead.disqualified.v1\"], after: 0) { orgSeq } }";
    client.subscribe("lost", lost, &json!({})).await;
    owner.give(&format!("/sales/leads/{lead}/disqualify"), &json!({ "reason": "spam" })).await.done(200);
    // Which of the two is told first is not said.
    let mut told = [client.hear().await.unwrap(), client.hear().await.unwrap()];
    told.sort_by_key(|message| message["id"].to_string());
    for (message, id) in told.iter().zip(["lost", "new"]) {
        assert_eq!((&message["id"], number(&message["payload"]["data"])), (&json!(id), end + 1));
    }
}

#[tokio::test]
async fn what_an_event_says_comes_with_it() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    owner.lead().await;
    let mut client = Client::open(&owner).await;
    let query = "subscription { events(after: 0) { id orgSeq streamType version actor { type id } payload command source } }";
    client.subscribe("1", query, &json!({})).await;
    let created = client.data("1").await;
    assert_eq!(created["events"]["payload"]["name"], "Bakery", "{created}");
    let captured = client.data("1").await;
    assert_eq!(captured["events"]["payload"]["email"], "ada@example.com", "{captured}");
    let query = "{ history(last: 1) { edges { node { id orgSeq streamType version actor { type id } payload command source } } } }";
    let read =
        Answer::to(owner.request(Method::POST, "/graphql").json(&json!({ "query": query }))).await.body;
    assert_eq!(read["data"]["history"]["edges"][0]["node"], captured["events"]);
}

/// Four writers go on while a reader's connection is cut again and again; it resumes behind the last event that it has seen.
/// What it sees has no gap and nothing twice, because numbers have no gaps.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_cut_off_again_and_again_misses_nothing_and_sees_nothing_twice() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (owner, stop) = (owner.clone(), stop.clone());
            tokio::spawn(async move {
                let mut written = 0;
                while !stop.load(Ordering::Relaxed) {
                    Answer::to(owner.post("/sales/leads", &ada())).await.done(201);
                    written += 1;
                }
                written
            })
        })
        .collect();
    let mut seen = Vec::new();
    for round in 0..20 {
        let mut client = Client::open(&owner).await;
        client.subscribe("1", EVENTS, &json!({ "after": seen.last().copied().unwrap_or(0) })).await;
        for _ in 0..=round % 7 {
            seen.push(number(&client.data("1").await));
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut written = 1;
    for writer in writers {
        written += writer.await.unwrap();
    }
    let mut client = Client::open(&owner).await;
    client.subscribe("1", EVENTS, &json!({ "after": seen.last() })).await;
    seen.extend(client.numbers("1", usize::try_from(written).unwrap() - seen.len()).await);
    assert_eq!(seen, (1..=written).collect::<Vec<u64>>());
    // And nothing more before what happens next.
    owner.lead().await;
    assert_eq!(client.numbers("1", 1).await, [written + 1]);
}

/// More than one part of what is far behind, with types and without.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_far_behind_is_told_everything_in_order() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let lead = owner.lead().await;
    for _ in 0..250 {
        let contact = json!({ "channel": "phone", "at": "2026-01-31T09:30:00Z" });
        owner.give(&format!("/sales/leads/{lead}/log-contact"), &contact).await.done(200);
    }
    let mut client = Client::open(&owner).await;
    client.subscribe("all", EVENTS, &json!({ "after": 0 })).await;
    assert_eq!(client.numbers("all", 252).await, (1..=252).collect::<Vec<u64>>());
    client.say(&json!({ "id": "all", "type": "complete" })).await;
    let contacts = "subscription { events(types: [\"xentri.lead.contacted.v1\"], after: 100) { orgSeq } }";
    client.subscribe("some", contacts, &json!({})).await;
    assert_eq!(client.numbers("some", 152).await, (101..=252).collect::<Vec<u64>>());
    client.subscribe("ahead", EVENTS, &json!({ "after": 253 })).await;
    assert_eq!(client.refusal("ahead").await, "CURSOR_AHEAD");
}
