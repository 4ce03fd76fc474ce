//! A rebuild that is killed goes on; one that is cancelled leaves nothing behind.

use xentri_workers::rebuild::{Phase, ProgressSender, RebuildError, RebuildSettings, Request};

use super::support::{Sales, hurried, in_phase, killed_when, rebuild, rebuilds, request, sell};
use crate::runtime::fragile::fragile;

/// Slow enough to be met in the middle of it.
fn slow() -> RebuildSettings {
    RebuildSettings { throttle: Some(200), settle: std::time::Duration::from_secs(1), ..hurried() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_whatever_phase_it_goes_on_and_ends_with_the_same_rows() {
    for phase in [Phase::Loading, Phase::Following, Phase::Comparing, Phase::Settling] {
        let sales = Sales::with(30).await;
        let slowly = rebuilds(&sales.world, &fragile()).with_settings(slow());
        let killed = killed_when(&slowly, &request(&["leads"]), in_phase(phase)).await.unwrap();
        assert!(killed || phase == Phase::Following, "there was no {phase} to be killed in");
        sell(&sales.world, &sales.owner, 3).await;
        if killed {
            let resume = Request { only_resume: true, ..request(&["leads"]) };
            let rebuilt =
                rebuilds(&sales.world, &fragile()).run(&resume, &ProgressSender::new()).await.unwrap();
            assert_eq!((rebuilt.len(), rebuilt[0].id.generation), (1, 2), "{phase}");
        }
        sales.follow().await;
        assert_eq!(sales.live().await, 2, "{phase}");
        sales.assert_same(1, 2).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_cancels_it_and_nothing_is_left_of_it() {
    let sales = Sales::with(30).await;
    let slower = RebuildSettings { throttle: Some(15), ..slow() };
    let slowly = rebuilds(&sales.world, &fragile()).with_settings(slower);
    let progress = ProgressSender::new();
    let mut seen = progress.subscribe();
    let cancel = async {
        seen.wait_for(in_phase(Phase::Loading)).await.unwrap();
        let other = rebuilds(&sales.world, &fragile());
        let twice = other.run(&request(&["leads"]), &ProgressSender::new()).await;
        assert!(matches!(twice, Err(RebuildError::Running(_))), "{twice:?}");
        other.cancel("leads").await.unwrap()
    };
    let asked = request(&["leads"]);
    let (ended, cancelled) = tokio::join!(slowly.run(&asked, &progress), cancel);
    assert!(matches!(ended, Err(RebuildError::Cancelled(_))), "{ended:?}");
    assert_eq!(cancelled.iter().map(|id| id.generation).collect::<Vec<_>>(), [2]);
    assert_eq!((sales.live().await, sales.entry().await.phase), (1, Phase::Cancelled));
    assert_eq!(sales.litter().await, Vec::<String>::new());
    // The next one is not in its way.
    assert_eq!(rebuild(&rebuilds(&sales.world, &fragile())).await.id.generation, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_nobody_does_any_more_is_cancelled_in_whatever_phase_it_was_left() {
    for phase in [Phase::Loading, Phase::Settling] {
        let sales = Sales::with(30).await;
        let slowly = rebuilds(&sales.world, &fragile()).with_settings(slow());
        assert!(killed_when(&slowly, &request(&["leads"]), in_phase(phase)).await.unwrap());
        rebuilds(&sales.world, &fragile()).cancel("leads").await.unwrap();
        assert_eq!(sales.live().await, 1);
        assert_eq!(sales.litter().await, Vec::<String>::new(), "{phase}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_paused_waits_to_be_resumed() {
    let sales = Sales::with(30).await;
    let slowly = rebuilds(&sales.world, &fragile()).with_settings(slow());
    let progress = ProgressSender::new();
    let mut seen = progress.subscribe();
    let asked = request(&["leads"]);
    let (ended, ()) = tokio::join!(slowly.run(&asked, &progress), async {
        seen.wait_for(in_phase(Phase::Loading)).await.unwrap();
        rebuilds(&sales.world, &fragile()).pause("leads").await.unwrap();
    });
    assert!(matches!(ended, Err(RebuildError::Paused(_))), "{ended:?}");
    assert_eq!(sales.entry().await.phase, Phase::Loading);
    assert_eq!(rebuild(&rebuilds(&sales.world, &fragile())).await.id.generation, 2, "the same one");
    sales.assert_same(1, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_under_way_is_neither_paused_nor_resumed_nor_cancelled() {
    let sales = Sales::with(1).await;
    let rebuilds = rebuilds(&sales.world, &fragile());
    let resume = Request { only_resume: true, ..request(&["leads"]) };
    let resumed = rebuilds.run(&resume, &ProgressSender::new()).await;
    assert!(matches!(resumed, Err(RebuildError::NothingToResume(_))), "{resumed:?}");
    assert!(matches!(rebuilds.pause("leads").await, Err(RebuildError::NothingUnderWay(_))));
    assert!(matches!(rebuilds.cancel("leads").await, Err(RebuildError::NothingUnderWay(_))));
    assert!(matches!(rebuilds.roll_back("leads").await, Err(RebuildError::NothingToReturnTo(_))));
    assert!(matches!(rebuilds.pause("ledes").await, Err(RebuildError::Unknown(_))));
}
