//! A scheduler that dies in the middle of what is due.

use std::sync::Arc;
use std::time::Duration;

use xentri_domain::kernel::StreamId;
use xentri_testkit::{TestClock, TestDb};
use xentri_workers::jobs::{Scheduler, SchedulerSettings};

use super::{DONE, Office};
use crate::process::{Gate, Process};
use crate::runtime::support::{SHARD, World};

const DUE: usize = 12;

async fn marked(world: &World) -> Vec<StreamId> {
    let all = world.events(0).await.into_iter();
    let mut marks: Vec<_> = all
        .filter(|event| event.type_name == "xentri.invoice.overdue.v1")
        .map(|event| event.stream_id)
        .collect();
    marks.sort();
    marks
}

/// No more than eight commands are given at once, in the order of the read model. So when the last of twelve comes to the
/// gate, at least four are marked; it and those that went with it never are, for the process dies there. The next scheduler
/// finds all twelve due still: its read model has not moved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_that_dies_halfway_is_finished_by_the_next_which_repeats_nothing() {
    let (db, clock) = (TestDb::new().await, Arc::new(TestClock::new()));
    let office =
        Office::on(World::with(&db.server_url(), &db.admin_url(), clock.clone()), clock.clone()).await;
    let mut bills = Vec::new();
    for _ in 0..DUE {
        bills.push(office.bill(1).await);
    }
    bills.sort();
    clock.advance(Duration::from_hours(48));
    office.working.until_at("invoices", office.world.head().await).await;
    let Office { world, working, scheduler, .. } = office;
    drop(working);

    let last = bills.last().unwrap().uuid();
    let condition = format!("new.type = 'xentri.invoice.overdue.v1' and new.stream_id = '{last}'");
    let mut gate = Gate::close(&world, "event", &condition).await;
    let (server_url, admin_url) = (db.server_url(), db.admin_url());
    let process = Process::start(async move {
        let world = World::with(&server_url, &admin_url, clock);
        let settings = SchedulerSettings::default();
        Scheduler::new(world.ledger.clone(), world.dispatcher.clone(), settings).tick(SHARD).await.unwrap();
    });
    gate.until_reached().await;
    process.kill();
    gate.open().await;
    let halfway = marked(&world).await;
    assert!((4..DUE).contains(&halfway.len()), "{} are marked", halfway.len());

    assert_eq!(scheduler.tick(SHARD).await.unwrap(), DONE(DUE as u64));
    assert_eq!(marked(&world).await, bills);
}
