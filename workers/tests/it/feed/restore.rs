//! A ledger that has gone back to an earlier point, in a new epoch.

use xentri_workers::feed::{Feed, FeedError, Place};

use super::support::{Topic, given};
use super::world::World;

fn place(epoch: u64, position: u64) -> Place {
    Place { epoch, position }
}

fn has_gone_back(answer: &Result<xentri_workers::feed::Batch, FeedError>, seen: Place) -> bool {
    matches!(answer, Err(FeedError::GoneBack { seen: told }) if *told == seen)
}

#[tokio::test]
async fn events_of_a_later_epoch_go_on_where_the_earlier_one_was_cut_off() {
    let world = World::new().await;
    let mut writer = world.writer().await;
    writer.append(10).await;
    world.restore(&mut writer, 6).await;
    writer.append(5).await;
    let all = world.events().await;
    assert_eq!((writer.last, all.len()), (place(2, 11), 11));
    for after in [Place::default(), place(1, 3), place(1, 6), place(2, 7)] {
        let got = given(&mut world.ledger_feed(after), after, writer.last).await;
        assert_eq!(got, all[usize::try_from(after.position).unwrap()..]);
    }
}

#[tokio::test]
async fn whoever_has_seen_what_never_happened_is_told_so_and_again() {
    let world = World::new().await;
    let mut writer = world.writer().await;
    writer.append(10).await;
    let mut running = world.ledger_feed(Place::default());
    given(&mut running, Place::default(), writer.last).await;
    world.restore(&mut writer, 6).await;
    for seen in [place(1, 7), place(1, 10)] {
        let mut feed = world.ledger_feed(seen);
        for _ in 0..2 {
            let answer = feed.next().await;
            assert!(has_gone_back(&answer, seen), "{answer:?}");
        }
    }
    writer.append(2).await;
    let answer = running.next().await;
    assert!(has_gone_back(&answer, place(1, 10)), "also when it happens while it runs: {answer:?}");
    writer.append(20).await;
    let answer = running.next().await;
    assert!(has_gone_back(&answer, place(1, 10)), "also when there is something after it: {answer:?}");
}

#[tokio::test]
async fn whoever_has_seen_more_than_there_is_is_told_so() {
    let world = World::new().await;
    world.writer().await.append(4).await;
    let answer = world.ledger_feed(place(1, 5)).next().await;
    assert!(has_gone_back(&answer, place(1, 5)), "{answer:?}");
}

/// The topic still has what the restore has taken back. Nobody who reads it again may be given that.
#[tokio::test]
async fn what_a_restore_has_taken_back_is_not_given_from_the_topic() {
    let world = World::new().await;
    let topic = Topic::new().await;
    let mut writer = world.writer().await;
    writer.append(10).await;
    let before = world.events().await;
    topic.send(&before).await;
    world.restore(&mut writer, 6).await;
    writer.append(5).await;
    let after = world.events().await;
    topic.send(&after[5..]).await;

    let start = place(1, 3);
    let mut feed = topic.feed(&world, start, Some(&topic.after(3)));
    assert_eq!(given(&mut feed, start, writer.last).await, after[3..]);
    writer.append(5).await;
    let after = world.events().await;
    topic.send(&after[11..]).await;
    assert_eq!(given(&mut feed, place(2, 11), writer.last).await, after[11..]);
    assert!(feed.stats().counts().taken_back <= 4);

    let answer = topic.feed(&world, place(1, 8), Some(&topic.after(8))).next().await;
    assert!(has_gone_back(&answer, place(1, 8)), "{answer:?}");
}
