//! What follows from single events.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use xentri_domain::kernel::{Principal, StreamId};
use xentri_workers::feed::Place;
use xentri_workers::reactors::ReactorWorker;

use crate::runtime::support::{LedgerFeeds, SHARD, World};

const PATIENCE: Duration = Duration::from_mins(1);
const SCHEDULED: &str = "xentri.followup.scheduled.v1";

/// Ends with the value.
struct Reacting(JoinHandle<()>);

impl Drop for Reacting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn react(world: &World) -> Reacting {
    let feeds = Arc::new(LedgerFeeds(world.ledger.clone()));
    let worker = ReactorWorker::new(world.ledger.clone(), world.dispatcher.clone(), SHARD, feeds);
    Reacting(tokio::spawn(async move { worker.run().await }))
}

/// Waits until the reactor has come so far.
async fn until_past(world: &World, place: Place) {
    let query = "select position from projection_checkpoint where projection = 'invoice-follow-up'";
    let mut admin = world.admin().await;
    let there = async {
        loop {
            let at: Option<i64> = sqlx::query_scalar(query).fetch_optional(&mut admin).await.unwrap();
            if at.is_some_and(|at| at >= i64::try_from(place.position).unwrap()) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, there).await.expect("the reactor comes so far");
}

async fn bill(world: &World, owner: &Principal, lead: Option<StreamId>) {
    let line = json!({ "description": "Bread", "quantity": "2", "unit_price": 500, "tax_rate_bp": 1000 });
    let mut body =
        json!({ "customer": { "name": "Ada" }, "currency": "EUR", "lines": [line], "due_in_days": 14 });
    if let Some(lead) = lead {
        body["lead_id"] = json!(lead);
    }
    let invoice = world.give(owner, None, "invoice.draft", &body).await;
    world.give(owner, Some(invoice), "invoice.issue", &json!({})).await;
}

async fn scheduled(world: &World) -> Vec<Value> {
    let events = world.events(0).await.into_iter().filter(|event| event.type_name == SCHEDULED);
    events.map(|event| serde_json::from_str(&event.body).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_issued_for_a_lead_schedules_the_leads_follow_up_once() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    bill(&world, &owner, Some(lead)).await;
    bill(&world, &owner, None).await;
    let issued = world.head().await;
    let reacting = react(&world);
    until_past(&world, issued).await;
    let events = scheduled(&world).await;
    let [event] = events.as_slice() else { panic!("{events:#?}") };
    assert_eq!(event["stream"]["id"], json!(lead));
    assert_eq!(event["actor"], json!({ "type": "job", "id": "invoice-follow-up" }));
    assert_eq!(event["meta"]["source"], "reactor");
    let cause = world.events(0).await.into_iter().find(|event| event.type_name == "xentri.invoice.issued.v1");
    assert_eq!(event["causation_id"], json!(cause.unwrap().id));

    // Without its checkpoint it reads everything again: the keys tell what was done.
    drop(reacting);
    world.execute("delete from projection_checkpoint where projection = 'invoice-follow-up'").await;
    let _reacting = react(&world);
    until_past(&world, world.head().await).await;
    assert_eq!(scheduled(&world).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lead_that_is_lost_is_followed_up_no_more_and_holds_back_nobody() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (lost, open) = (world.lead(&owner).await, world.lead(&owner).await);
    world.give(&owner, Some(lost), "lead.disqualify", &json!({ "reason": "wants no bread" })).await;
    bill(&world, &owner, Some(lost)).await;
    bill(&world, &owner, Some(open)).await;
    let issued = world.head().await;
    let _reacting = react(&world);
    until_past(&world, issued).await;
    let events = scheduled(&world).await;
    assert_eq!(events.iter().map(|event| event["stream"]["id"].clone()).collect::<Vec<_>>(), [json!(open)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_react_to_one_shard_do_everything_once() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (_one, _two) = (react(&world), react(&world));
    for _ in 0..10 {
        let lead = world.lead(&owner).await;
        bill(&world, &owner, Some(lead)).await;
    }
    until_past(&world, world.head().await).await;
    assert_eq!(scheduled(&world).await.len(), 10);
}
