//! What is held for those who listen is bounded, and what goes wrong for some goes on for the others: on a real database, without
//! sockets.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::json;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::time::{sleep, timeout};
use xentri_domain::kernel::Principal;

use super::super::budget::{Limits, Share};
use super::world::World;

const LEAD: &str = "subscription($id: UUID!) { lead(id: $id) { version } }";
const EVENTS: &str = "subscription($after: OrgSeq) { events(after: $after) { orgSeq } }";
const PULSE: &str = "subscription { pulse(scope: MODULE_LEADS) { id title } }";

const LONG: Duration = Duration::from_secs(20);

fn limits(shapes: usize, bytes: usize) -> Limits {
    Limits { of_org: Share { shapes, bytes }, ..Limits::default() }
}

async fn raise(world: &World, owner: &Principal, count: usize) {
    for number in 0..count {
        let item = json!({ "scope": "module.leads", "importance": 3, "title": format!("Item {number}"),
            "action_required": false });
        world.give(owner, None, "pulse_item.raise", &item).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_org_has_so_many_different_subscriptions_and_those_that_nobody_has_left_make_room() {
    let world = World::with(limits(2, 1 << 20), LONG).await;
    let (owner, other) = (world.owner().await, world.owner().await);
    let leads = [world.lead(&owner).await, world.lead(&owner).await, world.lead(&owner).await];
    let ids = leads.map(|lead| json!({ "id": lead.id }));
    let first = world.listen(&owner, LEAD, &ids[0]).await;
    let _second = world.listen(&owner, LEAD, &ids[1]).await;
    let (code, said) = world.subscribe(&owner, LEAD, &ids[2]).end().await;
    assert_eq!(code, "RATE_LIMITED");
    assert!(said.contains("2 different ones"), "{said}");
    let shared = world.listen(&owner, LEAD, &ids[0]).await;
    let _theirs = world.listen(&other, LEAD, &ids[0]).await;
    // Kept for whoever comes back, as long as there is room.
    drop((first, shared));
    assert_eq!(world.hub.held().shapes, 3);
    let mut third = world.listen(&owner, LEAD, &ids[2]).await;
    assert_eq!((third.version().await, world.hub.held().shapes), (1, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_grow_beyond_what_an_org_may_have_end_those_who_are_shown_them() {
    let world = World::with(limits(10, 16 << 10), LONG).await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await.id;
    let mut steady = world.listen(&owner, LEAD, &json!({ "id": lead })).await;
    assert_eq!(steady.version().await, 1);
    let itself = world.hub.held();
    let mut inbox = world.listen(&owner, PULSE, &json!({})).await;
    // That of the lead.
    assert_eq!(inbox.values().await.len(), 1);
    let held = world.hub.held();
    assert!(held.shapes == 2 && held.bytes > itself.bytes, "{held:?}");
    raise(&world, &owner, 60).await;
    let (code, said) = inbox.end().await;
    assert_eq!(code, "RATE_LIMITED");
    assert!(said.contains("ask for fewer fields"), "{said}");
    // Nothing of it is left, and nobody else is the worse for it.
    assert_eq!(world.hub.held().shapes, 1);
    world.touch(&owner, lead).await;
    assert_eq!(steady.version().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shape_that_panics_ends_its_own_subscribers_and_no_others() {
    let world = World::patient().await;
    let owner = world.owner().await;
    let leads = [world.lead(&owner).await, world.lead(&owner).await];
    // Shapes that begin then have nothing to read until a lead changes.
    let _tail = world.told(&owner, leads[1].org_seq).await;
    let leads = leads.map(|lead| lead.id);
    let mut startled = world.listen(&owner, LEAD, &json!({ "id": leads[0] })).await;
    let mut calm = world.listen(&owner, LEAD, &json!({ "id": leads[1] })).await;
    assert_eq!((startled.version().await, calm.version().await), (1, 1));
    // Whoever reads next: the shape of the one lead that changes.
    world.clock.startle();
    world.touch(&owner, leads[0]).await;
    assert_eq!(startled.end().await.0, "INTERNAL");
    assert_eq!(world.hub.held().shapes, 1, "nothing of it is kept");
    world.touch(&owner, leads[1]).await;
    assert_eq!(calm.version().await, 2);
    let mut again = world.listen(&owner, LEAD, &json!({ "id": leads[0] })).await;
    assert_eq!(again.version().await, 2);
}

/// All turns are taken by the test, so whatever reads waits.
#[tokio::test(flavor = "multi_thread")]
async fn so_many_read_at_once_and_who_reads_nothing_needs_no_turn() {
    let world = World::patient().await;
    let owner = world.owner().await;
    let mut at_head = world.listen(&owner, EVENTS, &json!({})).await;
    let turns = all_turns(&world).await;
    assert!(world.hub.turn().now_or_never().is_none(), "no more than eight");
    let mut behind = world.listen(&owner, EVENTS, &json!({ "after": 0 })).await;
    world.lead(&owner).await;
    assert_eq!(at_head.numbers(1).await, [2], "its events are at hand");
    assert!(timeout(Duration::from_millis(200), behind.next()).await.is_err(), "it has to be read");
    drop(turns);
    assert_eq!(behind.numbers(2).await, [1, 2]);
}

/// Nobody reads a table that somebody else holds: each read of it ends by itself, a moment later, as one does whose database is
/// too slow.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_failed_is_tried_again_and_nothing_is_lost() {
    let world = World::with(Limits::default(), Duration::from_millis(100)).await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await.id;
    let mut row = world.listen(&owner, LEAD, &json!({ "id": lead })).await;
    assert_eq!(row.version().await, 1);
    let (mut holder, mut watcher) = (world.db.connect_as_admin().await, world.db.connect_as_admin().await);
    // Folded everywhere, and read by nobody yet.
    let turns = all_turns(&world).await;
    let touched = world.touch(&owner, lead).await;
    let _tail = world.told(&owner, touched.org_seq).await;
    let held = hold(&mut holder, "read.leads_v1_g1").await;
    drop(turns);
    fails(&mut watcher, "read.leads_v1_g1").await;
    held.rollback().await.unwrap();
    assert_eq!(row.version().await, 2);
    // The same for who is behind, and reads the ledger.
    let held = hold(&mut holder, "event").await;
    let mut behind = world.listen(&owner, EVENTS, &json!({ "after": 0 })).await;
    let reads = async { behind.numbers(3).await };
    let lets_go = async {
        fails(&mut watcher, "event").await;
        held.rollback().await.unwrap();
    };
    assert_eq!(tokio::join!(reads, lets_go).0, [1, 2, 3]);
}

async fn all_turns(world: &World) -> Vec<tokio::sync::SemaphorePermit<'_>> {
    let mut turns = Vec::new();
    for _ in 0..8 {
        turns.push(world.hub.turn().await.unwrap());
    }
    turns
}

async fn hold<'a>(holder: &'a mut PgConnection, table: &str) -> sqlx::Transaction<'a, sqlx::Postgres> {
    let mut held = holder.begin().await.unwrap();
    let lock = format!("lock table {table} in access exclusive mode");
    held.execute(sqlx::AssertSqlSafe(lock)).await.unwrap();
    held
}

/// Somebody waits for the table, and then does not any more. Others, who read for the workers, may wait as long as it takes.
async fn fails(watcher: &mut PgConnection, table: &str) {
    let mut waited = HashSet::new();
    let failed = async {
        loop {
            let waits: HashSet<i32> = waiting(watcher, table).await;
            if !waited.is_subset(&waits) {
                return;
            }
            waited.extend(waits);
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, failed).await.expect("it hangs");
}

async fn waiting(watcher: &mut PgConnection, table: &str) -> HashSet<i32> {
    let pids: Vec<i32> = sqlx::query_scalar(
        "select pid from pg_locks where not granted and relation = $1::regclass::oid
           and database = (select oid from pg_database where datname = current_database())",
    )
    .bind(table)
    .fetch_all(watcher)
    .await
    .unwrap();
    pids.into_iter().collect()
}
