//! From the ledger alone.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use rand::RngExt as _;
use xentri_ledger::DatabaseError;
use xentri_testkit::PrivatePostgres;
use xentri_workers::feed::{Feed, FeedError, Heads, LedgerFeed, LedgerFeedSettings, Place};

use super::support::{batches, given, next};
use super::world::{SHARD, World, Writer, databases};

fn at(position: u64) -> Place {
    Place { epoch: 1, position }
}

/// Raced: a writer that commits batches of all sizes against a feed that reads all the while. Whatever the feed sees when,
/// it must have given every event once, in order, when the writer is done.
#[tokio::test]
async fn every_event_comes_once_and_in_order_while_more_are_appended() {
    let world = World::new().await;
    let mut writer = world.writer().await;
    let writing = tokio::spawn(async move {
        for _ in 0..150 {
            let events = rand::rng().random_range(1..30);
            writer.append(events).await;
        }
        writer.append(3000 - writer.last.position.min(2999)).await;
        writer.last
    });
    let mut feed = world.ledger_feed(Place::default());
    let mut got = Vec::new();
    while got.len() < 3000 {
        got.extend(next(&mut feed).await.events);
    }
    let last = writing.await.unwrap();
    while got.len() < usize::try_from(last.position).unwrap() {
        got.extend(next(&mut feed).await.events);
    }
    assert_eq!(got, world.events().await);
    assert_eq!(feed.stats().counts().from_ledger, last.position);
}

#[tokio::test]
async fn a_feed_that_is_opened_anywhere_goes_on_from_there() {
    let world = World::new().await;
    let mut writer = world.writer().await;
    writer.append(700).await;
    let all = world.events().await;
    for after in [Place::default(), at(0), at(1), at(255), at(256), at(698), at(699)] {
        let got = given(&mut world.ledger_feed(after), after, writer.last).await;
        assert_eq!(got, all[usize::try_from(after.position).unwrap()..]);
    }
    let mut feed = world.ledger_feed(writer.last);
    writer.append(1).await;
    assert_eq!(next(&mut feed).await.after, at(700), "the end is a place too");
}

/// Given up after any number of polls, and begun again: what was waited for is still to come.
#[tokio::test]
async fn a_wait_that_is_given_up_loses_nothing() {
    let world = World::new().await;
    let mut writer = world.writer().await;
    let settings = LedgerFeedSettings { smallest: 2, largest: 8, ..LedgerFeedSettings::default() };
    let mut feed = world.ledger_feed_with(Place::default(), settings);
    let mut got = Vec::new();
    for round in 0..60 {
        writer.append(7).await;
        for polls in 1..(round % 5) + 2 {
            let mut polls_left = polls;
            let mut waiting = pin!(feed.next());
            let polled = poll_fn(|context| match waiting.as_mut().poll(context) {
                Poll::Ready(batch) => Poll::Ready(Some(batch)),
                Poll::Pending if polls_left == 0 => Poll::Ready(None),
                Poll::Pending => {
                    polls_left -= 1;
                    Poll::Pending
                }
            });
            // One that nobody wakes would wait for ever.
            let polled = tokio::time::timeout(Duration::from_millis(20), polled).await;
            got.extend(polled.ok().flatten().into_iter().flat_map(|batch| batch.unwrap().events));
        }
    }
    let after = got.last().map_or_else(Place::default, Place::of);
    got.extend(given(&mut feed, after, writer.last).await);
    assert_eq!(got, world.events().await);
}

#[tokio::test]
async fn batches_are_bounded_in_events_and_in_bytes_and_grow_with_the_backlog() {
    let world = World::new().await;
    let mut writer = world.writer().await;
    writer.append(3000).await;
    writer.length = 100_000;
    writer.append(60).await;
    let settings = LedgerFeedSettings { smallest: 100, largest: 1000, bytes: 1 << 20 };
    let mut feed = world.ledger_feed_with(Place::default(), settings);
    let batches = batches(&mut feed, Place::default(), writer.last).await;
    let sizes: Vec<_> = batches.iter().map(|batch| batch.events.len()).collect();
    assert!(sizes.starts_with(&[100, 200, 400, 800, 1000]), "{sizes:?}");
    let bytes = |batch: &xentri_workers::feed::Batch| {
        batch.events.iter().map(|event| event.body.len()).sum::<usize>()
    };
    assert!(batches.iter().all(|batch| bytes(batch) < (1 << 20) + 101_000));
    writer.length = 20;
    writer.append(1).await;
    assert_eq!(next(&mut feed).await.events.len(), 1);
    writer.append(150).await;
    let small = next(&mut feed).await.events.len();
    assert_eq!(small, 100, "small again once there is no backlog");
}

/// Nothing is skipped for a shard that the map does not have: it is said.
#[tokio::test]
async fn a_shard_that_the_map_does_not_have_is_refused() {
    let world = World::new().await;
    let shard = xentri_ledger::Shard::new(99);
    let settings = LedgerFeedSettings::default();
    let mut feed = LedgerFeed::open(&world.databases, shard, Place::default(), &world.heads, settings);
    let answer = feed.next().await;
    assert!(matches!(answer, Err(FeedError::Database(DatabaseError::Failed { .. }))), "{answer:?}");
}

/// Nothing is raced: the database is gone while the feed is asked, and back afterwards.
#[tokio::test]
async fn a_database_that_comes_back_is_read_on_from_the_same_place() {
    let postgres = PrivatePostgres::start().await;
    let databases = databases(&postgres.server_url());
    let heads = Heads::watch(&databases);
    let settings = LedgerFeedSettings { smallest: 2, largest: 2, ..LedgerFeedSettings::default() };
    let mut feed = LedgerFeed::open(&databases, SHARD, Place::default(), &heads, settings);
    let mut writer = Writer::new(connect(&postgres).await);
    writer.append(20).await;
    given(&mut feed, Place::default(), at(10)).await;
    postgres.crash();
    // What was read ahead may come still.
    let mut last = at(10);
    let error = loop {
        match feed.next().await {
            Ok(batch) => last = batch.last,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, FeedError::Database(DatabaseError::Unavailable(_))), "{error:?}");
    postgres.start_again();
    let rest = loop {
        match feed.next().await {
            Ok(batch) => break batch,
            Err(error) => assert!(matches!(error, FeedError::Database(_)), "{error:?}"),
        }
    };
    assert_eq!(rest.after, last);
    given(&mut feed, rest.last, at(20)).await;
    let mut again = Writer::new(connect(&postgres).await);
    again.last = writer.last;
    again.append(3).await;
    given(&mut feed, at(20), at(23)).await;
}

async fn connect(postgres: &PrivatePostgres) -> sqlx::postgres::PgConnection {
    use sqlx::Connection as _;
    sqlx::postgres::PgConnection::connect(&postgres.admin_url()).await.unwrap()
}
