//! Several workers on one shard: each event counts once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use xentri_ledger::Shard;
use xentri_workers::feed::{Batch, Feed, FeedError, Place, TopicPlace};
use xentri_workers::runtime::{OpenFeed, RuntimeSettings};

use super::support::{LedgerFeed, LedgerFeeds, World};
use super::tally::{TallyRow, counted, install, tallies};

/// Gives nothing before it is let through.
struct Gated {
    feeds: LedgerFeeds,
    gate: Arc<Semaphore>,
    opened: watch::Sender<usize>,
}

struct GatedFeed {
    feed: LedgerFeed,
    gate: Arc<Semaphore>,
}

impl OpenFeed for Gated {
    type Feed = GatedFeed;

    async fn open(
        &self,
        shard: Shard,
        after: Place,
        topic: Option<TopicPlace>,
    ) -> Result<GatedFeed, FeedError> {
        self.opened.send_modify(|opened| *opened += 1);
        Ok(GatedFeed { feed: self.feeds.open(shard, after, topic).await?, gate: self.gate.clone() })
    }
}

impl Feed for GatedFeed {
    async fn next(&mut self) -> Result<Batch, FeedError> {
        let _through = self.gate.acquire().await.unwrap();
        self.feed.next().await
    }
}

/// The first worker knows the checkpoint as it was at the beginning, and is stopped there while a second one does all the work.
/// Let go, it finds the checkpoint elsewhere, so nothing of its batch counts; only what comes after that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_was_replaced_changes_nothing() {
    let world = World::new().await;
    install(&world).await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    let (gate, opened) = (Arc::new(Semaphore::new(0)), watch::Sender::new(0));
    let gated =
        Gated { feeds: LedgerFeeds(world.ledger.clone()), gate: gate.clone(), opened: opened.clone() };
    let zombie = world.work_blindly(&[tallies()], gated);
    opened.subscribe().wait_for(|opened| *opened == 1).await.unwrap();

    world.work(&[tallies()]).until_at("tallies", world.head().await).await;
    let before = world.rows::<TallyRow>(1, 1).await;
    gate.add_permits(Semaphore::MAX_PERMITS);
    zombie.until_at("tallies", world.head().await).await;
    assert_eq!(world.rows::<TallyRow>(1, 1).await, before);

    world.go_on(&owner, lead, 4).await;
    zombie.until_at("tallies", world.head().await).await;
    assert_eq!(world.rows::<TallyRow>(1, 1).await, counted(&world.events(0).await));
}

/// Both write as fast as they can, each with batches of its own size. Whoever loses a race rolls back; if one did not, a count
/// would be too high.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_side_by_side_count_each_event_once() {
    let world = World::new().await;
    install(&world).await;
    let owner = world.owner().await;
    let settings =
        |batch| RuntimeSettings { batch, first_wait: Duration::from_millis(1), ..RuntimeSettings::default() };
    let one = world.work_on(&[tallies()], LedgerFeeds(world.ledger.clone()), settings(1));
    let other = world.work_on(&[tallies()], LedgerFeeds(world.ledger.clone()), settings(7));
    for _ in 0..12 {
        let lead = world.lead(&owner).await;
        world.go_on(&owner, lead, 4).await;
    }
    let head = world.head().await;
    one.until_at("tallies", head).await;
    other.until_at("tallies", head).await;
    assert_eq!(world.rows::<TallyRow>(1, 1).await, counted(&world.events(0).await));
}
