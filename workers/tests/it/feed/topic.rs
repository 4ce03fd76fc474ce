//! From a log that is as it should be, and from one that is not.

use xentri_workers::feed::{Feed as _, KafkaFeed, Place};

use super::support::{Topic, batches, given};
use super::world::{World, Writer};

fn at(position: u64) -> Place {
    Place { epoch: 1, position }
}

/// Ten events that the ledger has, sent, and a feed that has been given them from the topic.
async fn begun() -> (World, Topic, Writer, KafkaFeed) {
    let (world, topic) = (World::new().await, Topic::new().await);
    let mut writer = world.writer().await;
    writer.append(10).await;
    topic.send(&world.events().await).await;
    let mut feed = topic.feed(&world, at(1), Some(&topic.after(1)));
    given(&mut feed, at(1), at(10)).await;
    assert_eq!(feed.stats().counts().from_topic, 9);
    (world, topic, writer, feed)
}

#[tokio::test]
async fn every_event_comes_once_and_in_order_from_the_topic() {
    let (world, topic, mut writer, mut feed) = begun().await;
    writer.append(990).await;
    let all = world.events().await;
    topic.send(&all[10..]).await;
    let batches = batches(&mut feed, at(10), at(1000)).await;
    let last = batches.last().unwrap().topic.clone().unwrap();
    assert_eq!((last.topic_id, last.next_offset), (topic.name.clone(), 1000));
    let got: Vec<_> = batches.into_iter().flat_map(|batch| batch.events).collect();
    assert_eq!(got, all[10..], "byte for byte what the ledger has");
    let counts = feed.stats().counts();
    assert_eq!((counts.from_topic, counts.from_ledger, counts.holes, counts.duplicates), (999, 0, 0, 0));
}

#[tokio::test]
async fn a_feed_goes_on_from_where_the_topic_was_read_to() {
    let (world, topic, _, _) = begun().await;
    let all = world.events().await;
    for position in [1, 4, 9] {
        let stored = topic.after(i64::try_from(position).unwrap());
        let mut feed = topic.feed(&world, at(position), Some(&stored));
        let got = given(&mut feed, at(position), at(10)).await;
        assert_eq!(got, all[usize::try_from(position).unwrap()..]);
        assert_eq!(feed.stats().counts().from_ledger, 0);
    }
}

/// Without a place in the topic the ledger goes first; what comes afterwards is the topic's.
#[tokio::test]
async fn a_feed_that_begins_with_the_ledger_takes_up_the_topic() {
    let (world, topic, mut writer, _) = begun().await;
    let mut feed = topic.feed(&world, Place::default(), None);
    assert_eq!(given(&mut feed, Place::default(), at(10)).await, world.events().await);
    assert_eq!(feed.stats().counts().from_ledger, 10);
    until_from_topic(&world, &topic, &mut writer, &mut feed).await;
    assert_eq!(feed.stats().counts().holes, 0);
}

/// Appends and sends one event after the other until one comes from the topic, as it must before long.
pub(crate) async fn until_from_topic(
    world: &World,
    topic: &Topic,
    writer: &mut Writer,
    feed: &mut KafkaFeed,
) {
    let before = feed.stats().counts().from_topic;
    let started = std::time::Instant::now();
    while feed.stats().counts().from_topic == before {
        assert!(started.elapsed() < super::support::PATIENCE, "{:?}", feed.stats().counts());
        let last = writer.last;
        writer.append(1).await;
        topic.send(&world.events().await[usize::try_from(last.position).unwrap()..]).await;
        given(feed, last, writer.last).await;
    }
}

#[tokio::test]
async fn any_suffix_that_is_sent_again_is_dropped() {
    let (world, topic, mut writer, mut feed) = begun().await;
    writer.append(3).await;
    let all = world.events().await;
    let mut sent_again = 0;
    for again in [10, 9, 5, 0] {
        topic.send(&all[again..10]).await;
        sent_again += 10 - again as u64;
    }
    topic.send(&all[10..12]).await;
    topic.send(&all[7..]).await;
    assert_eq!(given(&mut feed, at(10), at(13)).await, all[10..]);
    let counts = feed.stats().counts();
    assert_eq!((counts.from_topic, counts.duplicates, counts.holes), (12, sent_again + 5, 0));
}

#[tokio::test]
async fn a_hole_is_read_from_the_ledger_and_the_topic_goes_on_after_it() {
    let (world, topic, mut writer, mut feed) = begun().await;
    writer.append(10).await;
    let all = world.events().await;
    topic.send(&all[10..13]).await;
    topic.send(&all[16..]).await;
    assert_eq!(given(&mut feed, at(10), at(20)).await, all[10..]);
    let counts = feed.stats().counts();
    assert_eq!((counts.holes, counts.lags), (1, 0));
    assert!(counts.from_ledger >= 4, "{counts:?}");
    until_from_topic(&world, &topic, &mut writer, &mut feed).await;
}

#[tokio::test]
async fn what_comes_in_the_wrong_order_is_put_right() {
    let (world, topic, mut writer, mut feed) = begun().await;
    writer.append(30).await;
    let all = world.events().await;
    let mut shuffled = all[10..].to_vec();
    shuffled.reverse();
    shuffled.swap(3, 11);
    topic.send(&shuffled).await;
    assert_eq!(given(&mut feed, at(10), at(40)).await, all[10..]);
    until_from_topic(&world, &topic, &mut writer, &mut feed).await;
}

/// Nobody sends anything after the lost tail but a heartbeat, and the bound for lags is out of reach.
#[tokio::test]
async fn a_lost_tail_shows_by_the_next_heartbeat() {
    let (world, topic, mut writer, mut feed) = begun().await;
    topic.heartbeat(at(10)).await;
    writer.append(4).await;
    topic.heartbeat(at(14)).await;
    let got = given(&mut feed, at(10), at(14)).await;
    assert_eq!(got, world.events().await[10..]);
    let counts = feed.stats().counts();
    assert_eq!((counts.holes, counts.lags, counts.from_ledger), (1, 0, 4));
}

#[tokio::test]
async fn a_topic_that_lags_is_overtaken_and_taken_up_again_when_it_is_close() {
    let (world, topic, mut writer, _) = begun().await;
    let mut feed = topic.feed_in_haste(&world, at(10), Some(&topic.after(10)));
    writer.append(5).await;
    let all = world.events().await;
    assert_eq!(given(&mut feed, at(10), at(15)).await, all[10..]);
    let counts = feed.stats().counts();
    assert_eq!((counts.lags, counts.from_ledger, counts.holes), (1, 5, 0));
    topic.send(&all[10..]).await;
    until_from_topic(&world, &topic, &mut writer, &mut feed).await;
}

/// What comes without end is nothing new, and no reason to wait for what the ledger has.
#[tokio::test]
async fn repetitions_are_no_progress() {
    let (world, topic, mut writer, _) = begun().await;
    let mut feed = topic.feed_in_haste(&world, at(10), Some(&topic.after(10)));
    let old = world.events().await;
    writer.append(2).await;
    let repeating = async {
        loop {
            topic.send(&old).await;
        }
    };
    let got = tokio::select! {
        () = repeating => Vec::new(),
        got = given(&mut feed, at(10), at(12)) => got,
    };
    assert_eq!(got, world.events().await[10..]);
    assert_eq!(feed.stats().counts().lags, 1);
}

#[tokio::test]
async fn what_nobody_can_read_is_a_hole() {
    let (world, topic, mut writer, mut feed) = begun().await;
    writer.append(3).await;
    let all = world.events().await;
    topic.send(&all[10..11]).await;
    topic.litter().await;
    topic.send(&all[12..]).await;
    assert_eq!(given(&mut feed, at(10), at(13)).await, all[10..]);
    assert_eq!(feed.stats().counts().holes, 1);
    until_from_topic(&world, &topic, &mut writer, &mut feed).await;
}

#[tokio::test]
async fn batches_from_the_topic_are_bounded_in_events_and_in_bytes() {
    let (world, topic, mut writer, _) = begun().await;
    writer.append(300).await;
    writer.length = 50_000;
    writer.append(100).await;
    let all = world.events().await;
    topic.send(&all[10..]).await;
    let mut log = topic.log();
    log.settings.batch = xentri_ledger::PageLimit { events: 100, bytes: 500_000 };
    let mut feed = KafkaFeed::open(&log, world.ledger_feed(at(10)), Some(&topic.after(10))).unwrap();
    let got = batches(&mut feed, at(10), at(410)).await;
    for batch in &got {
        let bytes: usize = batch.events.iter().map(|event| event.body.len()).sum();
        assert!(batch.events.len() <= 100 && bytes < 551_000, "{} events, {bytes} bytes", batch.events.len());
    }
    assert_eq!(feed.stats().counts().from_topic, 400);
}

/// A wait that is given up has taken nothing from the topic.
#[tokio::test]
async fn a_wait_that_is_given_up_loses_nothing() {
    let (world, topic, mut writer, mut feed) = begun().await;
    let mut got = Vec::new();
    for _ in 0..30 {
        let last = usize::try_from(writer.last.position).unwrap();
        writer.append(3).await;
        topic.send(&world.events().await[last..]).await;
        for millis in [0, 1, 2, 3] {
            let waited = tokio::time::timeout(std::time::Duration::from_millis(millis), feed.next()).await;
            got.extend(waited.into_iter().flat_map(|batch| batch.unwrap().events));
        }
    }
    let after = got.last().map_or(at(10), Place::of);
    got.extend(given(&mut feed, after, writer.last).await);
    assert_eq!(got, world.events().await[10..]);
}

/// Nothing is to be waited for, so there is nothing to be given: an idle shard is no lag.
#[tokio::test]
async fn an_idle_shard_stays_with_its_topic() {
    let (world, topic, mut writer, _) = begun().await;
    let mut feed = topic.feed_in_haste(&world, at(10), Some(&topic.after(10)));
    for _ in 0..5 {
        topic.heartbeat(at(10)).await;
        let waited = tokio::time::timeout(super::support::hasty().lag, feed.next()).await;
        assert!(waited.is_err(), "{waited:?}");
    }
    let counts = feed.stats().counts();
    assert_eq!((counts.lags, counts.holes, counts.from_ledger, counts.opened), (0, 0, 0, 1));
    until_from_topic(&world, &topic, &mut writer, &mut feed).await;
}
