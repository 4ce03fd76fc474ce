//! A reactor at work, and what it has done.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use xentri_domain::kernel::{Principal, StreamId};
use xentri_workers::feed::Place;
use xentri_workers::reactors::{Reactions, ReactorWorker};

use crate::runtime::support::{LedgerFeeds, SHARD, World};

pub(super) const FOLLOW_UP: &str = "invoice-follow-up";
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks at the database, which has more to do than to be looked at.
const GLANCE: Duration = Duration::from_millis(10);
const SCHEDULED: &str = "xentri.followup.scheduled.v1";

/// Ends with the value.
pub(super) struct Reacting(JoinHandle<()>);

impl Drop for Reacting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(super) fn react(world: &World) -> Reacting {
    react_with(world, &reactions(world))
}

pub(super) fn react_with(world: &World, reactions: &Reactions) -> Reacting {
    let worker = worker(world, reactions);
    Reacting(tokio::spawn(async move { worker.run().await }))
}

pub(super) fn reactions(world: &World) -> Reactions {
    Reactions::new(world.ledger.clone(), world.dispatcher.clone())
}

pub(super) fn worker(world: &World, reactions: &Reactions) -> ReactorWorker<LedgerFeeds> {
    let feeds = Arc::new(LedgerFeeds(world.ledger.clone()));
    ReactorWorker::new(reactions.clone(), SHARD, feeds)
}

/// Waits until the reactor has come so far.
pub(super) async fn until_past(world: &World, place: Place) {
    let query = "select position from projection_checkpoint where projection = 'invoice-follow-up'";
    let mut admin = world.admin().await;
    let there = async {
        loop {
            let at: Option<i64> = sqlx::query_scalar(query).fetch_optional(&mut admin).await.unwrap();
            if at.is_some_and(|at| at >= i64::try_from(place.position).unwrap()) {
                return;
            }
            tokio::time::sleep(GLANCE).await;
        }
    };
    tokio::time::timeout(PATIENCE, there).await.expect("the reactor comes so far");
}

/// Waits until that is told of where reactors stand.
pub(super) async fn until_told(reactions: &Reactions, expected: &[Place]) {
    let told = async {
        while !reactions.places().all().values().eq(expected) {
            tokio::time::sleep(GLANCE).await;
        }
    };
    tokio::time::timeout(PATIENCE, told).await.expect("they stand there");
}

pub(super) async fn bill(world: &World, owner: &Principal, lead: Option<StreamId>) {
    let line = json!({ "description": "Bread", "quantity": "2", "unit_price": 500, "tax_rate_bp": 1000 });
    let mut body =
        json!({ "customer": { "name": "Ada" }, "currency": "EUR", "lines": [line], "due_in_days": 14 });
    if let Some(lead) = lead {
        body["lead_id"] = json!(lead);
    }
    let invoice = world.give(owner, None, "invoice.draft", &body).await;
    world.give(owner, Some(invoice), "invoice.issue", &json!({})).await;
}

pub(super) async fn scheduled(world: &World) -> Vec<Value> {
    let events = world.events(0).await.into_iter().filter(|event| event.type_name == SCHEDULED);
    events.map(|event| serde_json::from_str(&event.body).unwrap()).collect()
}
