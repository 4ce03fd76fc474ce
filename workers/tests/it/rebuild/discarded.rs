//! Events that can't be folded are parked as they are in the live one; those that are discarded are left out.

use xentri_projections::leads::LeadRow;
use xentri_workers::parked::{Discard, ParkedFilter};

use super::support::{Sales, rebuild, rebuilds};
use crate::runtime::fragile::{fragile, heal};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_parked_is_parked_in_the_new_one_too_and_what_is_discarded_is_left_out_and_counted() {
    let (sales, lead, contacted) = Sales::with_poison(3).await;
    let world = &sales.world;

    let first = rebuild(&rebuilds(world, &fragile())).await;
    assert_eq!((first.parked, first.left_out), (2, 0));
    sales.assert_same(1, 2).await;

    let parked = world.parked(&fragile());
    let all = parked.list(&ParkedFilter::default(), None, 100).await.unwrap().events;
    let of_new = all.iter().find(|one| one.id.of.generation == 2 && one.error.is_some()).unwrap();
    let discard = Discard { reason: "a mistake of the importer".to_owned(), by: "ada".to_owned() };
    parked.discard(&of_new.id, &discard).await.unwrap();
    let second = rebuild(&rebuilds(world, &fragile())).await;
    assert_eq!((second.parked, second.left_out), (0, 1));
    sales.assert_same(2, 3).await;
    let row = &world.rows::<LeadRow>(1, 3).await[&(sales.owner.org(), lead.uuid())];
    assert_eq!((row.state.as_str(), row.version), ("qualified", 3), "what waited for it is taken");
    heal(contacted);
}

/// Somebody discards an event after the part that holds it was loaded: the shard is left to the workers, who know of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_discarded_while_it_is_loaded_is_left_out_too() {
    let (sales, lead, contacted) = Sales::with_poison(20).await;
    let world = &sales.world;
    let slow = xentri_workers::rebuild::RebuildSettings { throttle: Some(300), ..super::support::hurried() };
    let slowly = rebuilds(world, &fragile()).with_settings(slow);
    let progress = xentri_workers::rebuild::ProgressSender::new();
    let mut seen = progress.subscribe();
    let asked = super::support::request(&["leads"]);
    let (rebuilt, ()) = tokio::join!(slowly.run(&asked, &progress), async {
        seen.wait_for(super::support::in_phase(xentri_workers::rebuild::Phase::Loading)).await.unwrap();
        let parked = world.parked(&fragile());
        let all = parked.list(&ParkedFilter::default(), None, 100).await.unwrap().events;
        let failed = all.iter().find(|one| one.id.of.generation == 1 && one.error.is_some()).unwrap();
        let discard = Discard { reason: "a mistake of the importer".to_owned(), by: "ada".to_owned() };
        parked.discard(&failed.id, &discard).await.unwrap();
    });
    assert_eq!(rebuilt.unwrap()[0].parked, 0);
    sales.follow().await;
    sales.assert_same(1, 2).await;
    assert_eq!(world.rows::<LeadRow>(1, 2).await[&(sales.owner.org(), lead.uuid())].state, "qualified");
    heal(contacted);
}
