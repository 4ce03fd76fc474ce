//! What time asks for, on a clock that the tests move.

mod shared;
mod stopped;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use xentri_domain::kernel::{Principal, StreamId};
use xentri_projections::read_models;
use xentri_testkit::TestClock;
use xentri_workers::jobs::{Scheduler, SchedulerSettings, Ticked};

use crate::runtime::support::{SHARD, Working, World};

const DAY: Duration = Duration::from_hours(24);
const DONE: fn(u64) -> Ticked = |done| Ticked { done, ..Ticked { done: 0, refused: 0, failed: 0 } };

struct Office {
    world: World,
    clock: Arc<TestClock>,
    owner: Principal,
    scheduler: Scheduler,
    working: Working,
}

impl Office {
    async fn open() -> Self {
        let clock = Arc::new(TestClock::new());
        Self::on(World::at(clock.clone()).await, clock).await
    }

    async fn on(world: World, clock: Arc<TestClock>) -> Self {
        let owner = world.owner().await;
        let scheduler =
            Scheduler::new(world.ledger.clone(), world.dispatcher.clone(), SchedulerSettings::default());
        let working = world.work(&read_models());
        Self { world, clock, owner, scheduler, working }
    }

    /// On what the read models know by then.
    async fn tick(&self) -> Ticked {
        let head = self.world.head().await;
        for model in ["invoices", "sites"] {
            self.working.until_at(model, head).await;
        }
        self.scheduler.tick(SHARD).await.unwrap()
    }

    async fn give(&self, stream: Option<StreamId>, name: &str, body: &Value) -> StreamId {
        self.world.give(&self.owner, stream, name, body).await
    }

    /// Issued, and due so many days later.
    async fn bill(&self, due_in_days: u16) -> StreamId {
        let line = json!({ "description": "Bread", "quantity": "2", "unit_price": 500, "tax_rate_bp": 1000 });
        let body = json!({ "customer": { "name": "Ada" }, "currency": "EUR", "lines": [line],
                           "due_in_days": due_in_days });
        let invoice = self.give(None, "invoice.draft", &body).await;
        self.give(Some(invoice), "invoice.issue", &json!({})).await
    }

    async fn events_of(&self, stream: StreamId) -> Vec<String> {
        let events = self.world.events(0).await.into_iter().filter(|event| event.stream_id == stream);
        events.map(|event| event.type_name.into_owned()).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_gets_the_mark_once_its_last_day_is_over_and_only_once() {
    let office = Office::open().await;
    let (soon, later) = (office.bill(1).await, office.bill(30).await);
    office.clock.advance(DAY);
    assert_eq!(office.tick().await, DONE(0), "it may be paid on its last day");
    office.clock.advance(DAY);
    assert_eq!(office.tick().await, DONE(1));
    assert_eq!(office.tick().await, DONE(0));
    assert_eq!(office.events_of(soon).await.last().unwrap(), "xentri.invoice.overdue.v1");
    assert!(!office.events_of(later).await.contains(&"xentri.invoice.overdue.v1".to_owned()));
    let marked = office.world.events(0).await.into_iter().next_back().unwrap();
    assert!(marked.body.contains(r#""actor":{"type":"job","id":"mark-overdue"}"#), "{}", marked.body);

    let stats = office.scheduler.stats();
    let runs = [("clear-receipts", 0), ("mark-overdue", 3), ("publish-timeout", 3)];
    assert_eq!(stats.runs(), runs.map(|(name, count)| (name.to_owned(), count)));
    let given = stats.commands().into_iter().filter(|(.., count)| *count > 0);
    assert_eq!(given.collect::<Vec<_>>(), [("mark-overdue".to_owned(), "done".to_owned(), 1)]);
}

/// The read model still shows what is due after it was done: as if it lagged, or another scheduler were faster.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_scheduler_has_done_is_not_done_again() {
    let office = Office::open().await;
    let invoice = office.bill(1).await;
    office.clock.advance(2 * DAY);
    office.working.until_at("invoices", office.world.head().await).await;
    let Office { world, scheduler, working, .. } = office;
    drop(working);
    let other = scheduler.clone();
    let (one, two) = tokio::join!(scheduler.tick(SHARD), other.tick(SHARD));
    assert_eq!((one.unwrap(), two.unwrap()), (DONE(1), DONE(1)), "the second got the first one's answer");
    let marks = world
        .events(0)
        .await
        .into_iter()
        .filter(|event| event.stream_id == invoice && event.type_name == "xentri.invoice.overdue.v1");
    assert_eq!(marks.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publishing_that_nobody_completes_fails_after_a_quarter_of_an_hour() {
    let office = Office::open().await;
    let site = office.give(None, "site.create", &json!({ "name": "Bakery", "slug": "bakery" })).await;
    let page = json!({ "site_id": site, "path": "/", "title": "Home", "blocks": [] });
    let page = office.give(None, "page.add", &page).await;
    office.give(Some(page), "page.request-preview", &json!({})).await;
    office.give(Some(site), "site.publish", &json!({})).await;
    office.clock.advance(Duration::from_mins(14));
    assert_eq!(office.tick().await, DONE(0));
    office.clock.advance(Duration::from_mins(2));
    assert_eq!(office.tick().await, DONE(1));
    assert_eq!(office.events_of(site).await.last().unwrap(), "xentri.website.publish_failed.v1");
    assert_eq!(office.events_of(page).await.last().unwrap(), "xentri.page.publish_failed.v1");
    assert_eq!(office.tick().await, DONE(0));
}
