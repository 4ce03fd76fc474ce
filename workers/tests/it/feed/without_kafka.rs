//! Kafka that is not there, and topics that are not, or are not the same any more.

use xentri_workers::feed::{KafkaFeed, Place};

use super::support::{Topic, given};
use super::topic::until_from_topic;
use super::world::World;

fn at(position: u64) -> Place {
    Place { epoch: 1, position }
}

/// Takes connections in and never says a word; the other address takes in none.
#[tokio::test]
async fn a_kafka_that_never_answers_costs_nothing_but_reading_the_ledger() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = silent.local_addr().unwrap().to_string();
    let world = World::new().await;
    let topic = Topic::named();
    let mut writer = world.writer().await;
    for brokers in [silent.as_str(), "127.0.0.1:1"] {
        let mut log = topic.log_in_haste();
        log.client.set("bootstrap.servers", brokers);
        let stored = topic.after(5);
        for stored in [None, Some(&stored)] {
            let start = writer.last;
            let mut feed = KafkaFeed::open(&log, world.ledger_feed(start), stored).unwrap();
            writer.append(300).await;
            let first = usize::try_from(start.position).unwrap();
            assert_eq!(given(&mut feed, start, writer.last).await, world.events().await[first..]);
            let overtaken = writer.last;
            writer.append(20).await;
            given(&mut feed, overtaken, writer.last).await;
            let counts = feed.stats().counts();
            assert_eq!((counts.from_ledger, counts.from_topic), (320, 0));
        }
    }
}

#[tokio::test]
async fn a_topic_that_is_made_late_is_taken_up() {
    let world = World::new().await;
    let topic = Topic::named();
    let mut writer = world.writer().await;
    writer.append(5).await;
    let mut feed = topic.feed(&world, Place::default(), None);
    assert_eq!(given(&mut feed, Place::default(), at(5)).await, world.events().await);
    topic.make().await;
    until_from_topic(&world, &topic, &mut writer, &mut feed).await;
}

/// The topic is gone under a running feed and made again, and begins with what the feed has not seen.
#[tokio::test]
async fn a_topic_that_is_deleted_and_made_again_loses_nothing() {
    let (world, topic) = (World::new().await, Topic::new().await);
    let mut writer = world.writer().await;
    writer.append(20).await;
    topic.send(&world.events().await).await;
    let mut feed = topic.feed_in_haste(&world, at(2), Some(&topic.after(2)));
    given(&mut feed, at(2), at(20)).await;
    for _ in 0..2 {
        let last = writer.last;
        topic.delete().await;
        writer.append(5).await;
        let all = world.events().await;
        let first = usize::try_from(last.position).unwrap();
        assert_eq!(given(&mut feed, last, writer.last).await, all[first..]);
        topic.make().await;
        until_from_topic(&world, &topic, &mut writer, &mut feed).await;
    }
    let counts = feed.stats().counts();
    assert_eq!(counts.from_ledger + counts.from_topic, writer.last.position - 2);
}

/// The stored offset exists in the topic that was made again, and other messages are before and behind it.
#[tokio::test]
async fn an_offset_of_the_topic_as_it_was_proves_nothing() {
    let (world, topic) = (World::new().await, Topic::new().await);
    let mut writer = world.writer().await;
    writer.append(40).await;
    let all = world.events().await;
    // What was made again has the events from 11 on, and then some twice.
    topic.send(&all[10..]).await;
    topic.send(&all[25..]).await;
    for (read_to, offset) in [(5, 5), (12, 12), (20, 20), (39, 39), (30, 44), (20, 1000), (40, 45)] {
        let start = at(read_to);
        let mut feed = topic.feed(&world, start, Some(&topic.after(offset)));
        let first = usize::try_from(read_to).unwrap();
        assert_eq!(given(&mut feed, start, at(40)).await, all[first..], "{read_to} at {offset}");
    }
    let elsewhere = xentri_workers::feed::TopicPlace { topic_id: "xentri.other".to_owned(), next_offset: 3 };
    let mut feed = topic.feed(&world, at(7), Some(&elsewhere));
    assert_eq!(given(&mut feed, at(7), at(40)).await, all[7..]);
}

/// A client that can't be configured is a mistake of the operator's, and said at once where it would be used at once.
#[tokio::test]
async fn a_configuration_that_is_none_is_refused() {
    let world = World::new().await;
    let topic = Topic::named();
    let mut log = topic.log();
    log.client.set("security.protocol", "pigeon");
    let opened = KafkaFeed::open(&log, world.ledger_feed(Place::default()), Some(&topic.after(3)));
    let message = opened.err().expect("no such protocol").to_string();
    assert!(message.contains("security.protocol"), "{message}");
}

/// Under load a topic is never level with the ledger; it is close all the same.
#[tokio::test]
async fn a_topic_that_is_a_little_behind_is_taken_up_under_load() {
    let (world, topic) = (World::new().await, Topic::new().await);
    let mut writer = world.writer().await;
    writer.append(50).await;
    let mut feed = topic.feed(&world, Place::default(), None);
    let stats = feed.stats();
    // Always some twenty events behind, as a relay is that has much to do.
    let relaying = {
        let stats = stats.clone();
        async move {
            let mut sent = 0;
            while stats.counts().from_topic < 200 {
                writer.append(5).await;
                let all = world.events().await;
                let now = all.len() - 20;
                topic.send(&all[sent..now]).await;
                sent = now;
            }
            let all = world.events().await;
            topic.send(&all[sent..]).await;
            all
        }
    };
    let reading = async {
        let mut got = Vec::new();
        while stats.counts().from_topic < 200 {
            got.extend(super::support::next(&mut feed).await.events);
        }
        got
    };
    let (all, mut got) = tokio::join!(relaying, reading);
    let (after, last) = (Place::of(got.last().unwrap()), Place::of(all.last().unwrap()));
    got.extend(given(&mut feed, after, last).await);
    assert_eq!(got, all);
    assert_eq!(stats.counts().lags, 0, "{:?}", stats.counts());
}
