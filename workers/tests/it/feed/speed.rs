//! How long it takes until what was appended is given.

use std::time::{Duration, Instant};

use xentri_workers::feed::{Feed, Place};

use super::support::{Topic, next};
use super::world::{World, Writer};

/// From before the append to after the batch, and the middle one of them.
async fn middle(
    world: &World,
    writer: &mut Writer,
    feed: &mut impl Feed,
    topic: Option<&Topic>,
    nudged: bool,
) -> Duration {
    let mut times = Vec::new();
    for _ in 0..100 {
        let position = usize::try_from(writer.last.position).unwrap();
        writer.append(1).await;
        let event = if topic.is_some() { world.events().await.split_off(position) } else { Vec::new() };
        let appended = Instant::now();
        if nudged {
            world.heads.nudge();
        }
        let sending = async {
            if let Some(topic) = topic {
                topic.send(&event).await;
            }
        };
        let ((), batch) = tokio::join!(sending, next(feed));
        assert_eq!(batch.last, writer.last);
        times.push(appended.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

/// The bounds leave room for a machine that has much else to do; what it takes is printed.
#[tokio::test]
async fn what_was_appended_is_given_soon() {
    let world = World::new().await;
    let mut writer = world.writer().await;
    writer.append(1).await;
    let mut feed = world.ledger_feed(writer.last);
    let nudged = middle(&world, &mut writer, &mut feed, None, true).await;
    let asked = middle(&world, &mut writer, &mut feed, None, false).await;
    let topic = Topic::new().await;
    topic.heartbeat(writer.last).await;
    let mut feed = topic.feed(&world, writer.last, Some(&topic.after(0)));
    let sent = middle(&world, &mut writer, &mut feed, Some(&topic), false).await;
    println!("appended to given: nudged {nudged:?}, asked for {asked:?}, sent to the topic {sent:?}");
    assert!(nudged < Duration::from_millis(200), "{nudged:?}");
    assert!(asked < Duration::from_millis(400), "{asked:?}");
    assert!(sent < Duration::from_millis(250), "{sent:?}");
    let counts = feed.stats().counts();
    assert!(counts.from_topic > 50, "{counts:?}");
}

#[tokio::test]
async fn a_backlog_is_read_fast() {
    let world = World::new().await;
    let mut writer = world.writer().await;
    writer.length = 300;
    for _ in 0..10 {
        writer.append(3000).await;
    }
    let started = Instant::now();
    let mut feed = world.ledger_feed(Place::default());
    while next(&mut feed).await.last < writer.last {}
    println!("a backlog of 30000 events from the ledger: {:?}", started.elapsed());
    assert!(started.elapsed() < Duration::from_secs(20));

    let topic = Topic::new().await;
    topic.send(&world.events().await).await;
    let started = Instant::now();
    let start = Place { epoch: 1, position: 1 };
    let mut feed = topic.feed(&world, start, Some(&topic.after(1)));
    while next(&mut feed).await.last < writer.last {}
    println!("from the topic: {:?}", started.elapsed());
    let counts = feed.stats().counts();
    assert_eq!((counts.from_topic, counts.holes), (writer.last.position - 1, 0), "{counts:?}");
    assert!(started.elapsed() < Duration::from_secs(20));
}
