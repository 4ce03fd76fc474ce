//! Several relays.

use std::time::{Duration, Instant};

use super::support::{World, until};

/// What is promised after a `kill -9`; the session ends with the process.
const TAKEOVER: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn relays_share_the_shards_and_take_over_from_one_that_is_gone() {
    let world = World::new().await;
    let first = world.relay();
    until("it leads all", || first.leads() == 8).await;
    let second = world.relay();
    until("each leads half", || first.leads() == 4 && second.leads() == 4).await;
    let third = world.relay();
    until("nobody hoards", || {
        let leads = [first.leads(), second.leads(), third.leads()];
        leads.iter().sum::<usize>() == 8 && leads.iter().all(|leads| *leads <= 3)
    })
    .await;

    let gone = Instant::now();
    first.kill().await;
    until("the others lead all", || second.leads() == 4 && third.leads() == 4).await;
    assert!(gone.elapsed() < TAKEOVER, "{:?}", gone.elapsed());
    second.stop().await;
    until("the last one leads all", || third.leads() == 8).await;
    world.fill(4, 4).await;
    third.has_caught_up(8).await;
    third.stop().await;
}
