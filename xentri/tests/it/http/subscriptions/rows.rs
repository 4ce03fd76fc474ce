//! One row as it changes, and what deserves attention.

use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{Client, LEAD};
use crate::http::support::{Caller, Server};

/// From when the read models have it, which is a moment after it was made.
async fn follow(client: &mut Client, id: &str, lead: &str) -> Value {
    client.subscribe(id, LEAD, &json!({ "id": lead })).await;
    let mut seen = client.data(id).await;
    if seen["lead"].is_null() {
        seen = client.data(id).await;
    }
    seen["lead"].take()
}

async fn log_contact(owner: &Caller, lead: &str) {
    let contact = json!({ "channel": "phone", "at": "2026-01-31T09:30:00Z" });
    owner.give(&format!("/sales/leads/{lead}/log-contact"), &contact).await.done(200);
}

#[tokio::test]
async fn a_lead_comes_as_it_is_and_again_after_every_change() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let lead = owner.lead().await;
    let mut client = Client::open(&owner).await;
    let expected = json!({ "id": lead, "state": "NEW", "version": 1, "name": "Ada Lovelace" });
    assert_eq!(follow(&mut client, "1", &lead).await, expected);
    for version in 2..7 {
        log_contact(&owner, &lead).await;
        assert_eq!(client.data("1").await["lead"]["version"], version);
    }
    // Nothing of what becomes of another, which is told first.
    let another = owner.lead().await;
    follow(&mut client, "2", &another).await;
    log_contact(&owner, &another).await;
    assert_eq!(client.data("2").await["lead"]["version"], 2);
    client.is_quiet().await;
    owner.give(&format!("/core/subjects/{lead}/forget"), &json!({})).await.done(201);
    assert_eq!(client.data("1").await["lead"]["name"], Value::Null);
}

#[tokio::test]
async fn an_invoice_comes_as_it_is_and_again_after_every_change() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let invoice = owner.invoice().await;
    let mut client = Client::open(&owner).await;
    let query = "subscription($id: UUID!) { invoice(id: $id) { state version number } }";
    client.subscribe("1", query, &json!({ "id": invoice })).await;
    let mut seen = client.data("1").await;
    if seen["invoice"].is_null() {
        seen = client.data("1").await;
    }
    assert_eq!(seen, json!({ "invoice": { "state": "DRAFT", "version": 1, "number": null } }));
    owner.give(&format!("/finance/invoices/{invoice}/issue"), &json!({})).await.done(200);
    let issued = client.data("1").await;
    assert_eq!((&issued["invoice"]["state"], &issued["invoice"]["version"]), (&json!("ISSUED"), &json!(2)));
    assert!(issued["invoice"]["number"].is_string(), "{issued}");
}

async fn raise(owner: &Caller, title: &str, importance: u8) -> String {
    let item =
        json!({ "scope": "module.leads", "importance": importance, "title": title, "action_required": true });
    owner.make("/pulse/items", &item).await
}

#[tokio::test]
async fn items_of_pulse_come_as_they_appear_and_not_what_was_dismissed() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let first = raise(&owner, "first", 2).await;
    let mut client = Client::open(&owner).await;
    client.subscribe("1", "subscription { pulse(scope: MODULE_LEADS) { id title } }", &json!({})).await;
    assert_eq!(client.data("1").await, json!({ "pulse": { "id": first, "title": "first" } }));
    owner.give(&format!("/pulse/module.leads/dismiss/{first}"), &json!({})).await;
    let second = raise(&owner, "second", 1).await;
    assert_eq!(client.data("1").await, json!({ "pulse": { "id": second, "title": "second" } }));
    let mut again = Client::open(&owner).await;
    again.subscribe("1", "subscription { pulse(scope: MODULE_LEADS) { title } }", &json!({})).await;
    assert_eq!(again.data("1").await["pulse"]["title"], "second", "what was dismissed is not shown");
    // It is there for everybody else.
    let mut colleague = Client::open(&server.user(&owner.org, "admin", "ben")).await;
    colleague.subscribe("1", "subscription { pulse(scope: MODULE_LEADS) { title } }", &json!({})).await;
    assert_eq!(colleague.data("1").await["pulse"]["title"], "second");
    assert_eq!(colleague.data("1").await["pulse"]["title"], "first");
}

#[tokio::test]
async fn a_token_of_a_command_is_waited_for() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    for at_first in [true, false] {
        let done = owner.give("/sales/leads", &crate::http::support::ada()).await;
        let (id, token) = (&done.done(201)["id"], &done.body["data"]["consistency_token"]);
        let mut client = Client::connect(owner.api(), &[super::support::SPEAKS]).await;
        let mut payload = json!({ "Authorization": format!("Bearer {}", owner.token()) });
        if at_first {
            payload["consistencyToken"] = token.clone();
        }
        client.init(&payload).await;
        let extensions = if at_first { json!({}) } else { json!({ "consistencyToken": token }) };
        let asked = json!({ "query": LEAD, "variables": { "id": id }, "extensions": extensions });
        client.say(&json!({ "id": "1", "type": "subscribe", "payload": asked })).await;
        assert_eq!(client.data("1").await["lead"]["version"], 1);
    }
}

/// What would be told of somebody else's lead is told by the time that others have been told of it, and the stranger of their own.
#[tokio::test]
async fn a_lead_that_is_not_there_and_another_orgs_look_the_same() {
    let server = Server::shared().await;
    let (owner, stranger) = (server.owner().await, server.owner().await);
    let (lead, own) = (owner.lead().await, stranger.lead().await);
    let (mut owners, mut client) = (Client::open(&owner).await, Client::open(&stranger).await);
    assert_eq!(follow(&mut owners, "1", &lead).await["version"], 1);
    assert_eq!(follow(&mut client, "own", &own).await["version"], 1);
    for (id, version) in [(lead.clone(), 2), (Uuid::now_v7().to_string(), 3)] {
        client.subscribe("1", LEAD, &json!({ "id": id })).await;
        assert_eq!(client.data("1").await, json!({ "lead": null }));
        log_contact(&owner, &lead).await;
        assert_eq!(owners.data("1").await["lead"]["version"], version);
        log_contact(&stranger, &own).await;
        assert_eq!(client.data("own").await["lead"]["version"], version);
        client.is_quiet().await;
        client.say(&json!({ "id": "1", "type": "complete" })).await;
    }
    client.say(&json!({ "id": "own", "type": "complete" })).await;
    let events = "subscription { events(after: 0) { orgSeq streamId } }";
    client.subscribe("3", events, &json!({})).await;
    for seq in 1..=4 {
        let told = client.data("3").await;
        assert_eq!(told["events"]["orgSeq"], seq);
        assert_ne!(told["events"]["streamId"], json!(lead));
    }
    log_contact(&owner, &lead).await;
    assert_eq!(owners.data("1").await["lead"]["version"], 4);
    log_contact(&stranger, &own).await;
    let last = client.data("3").await;
    assert_eq!(last["events"], json!({ "orgSeq": 5, "streamId": own }));
}
