//! A read model that is behind, or fails where the others do not, goes alone and comes back.

use std::sync::Arc;

use xentri_projections::kit::ReadModel;
use xentri_projections::leads::LeadRow;
use xentri_projections::read_models;
use xentri_workers::runtime::ModelState;

use super::support::{World, first};
use super::tally::{TallyRow, counted, install, tallies};

fn both() -> Vec<Arc<dyn ReadModel>> {
    read_models().into_iter().filter(|model| model.name() == "leads").chain([tallies()]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_read_model_catches_up_alone_and_joins_the_others() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    world.go_on(&owner, lead, 4).await;
    let working = world.work(&both());
    working.until_at("leads", world.head().await).await;
    assert_eq!(working.status.of(super::support::SHARD, &first("tallies")), None);

    install(&world).await;
    working.until_at("tallies", world.head().await).await;
    assert_eq!(world.rows::<TallyRow>(1, 1).await, counted(&world.events(0).await));
    world.lead(&owner).await;
    let head = world.head().await;
    working.until_at("tallies", head).await;
    working.until_at("leads", head).await;
    assert_eq!(world.rows::<TallyRow>(1, 1).await, counted(&world.events(0).await));
}

/// One may not write its table for a while: the other goes on, and nothing is parked, for no event is to blame.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_model_that_fails_holds_back_no_other_and_parks_nothing() {
    let world = World::new().await;
    install(&world).await;
    let owner = world.owner().await;
    let working = world.work(&both());
    working.until_at("tallies", world.head().await).await;

    world.execute("revoke insert on read.tallies_v1_g1 from xentri_worker").await;
    let lead = world.lead(&owner).await;
    world.go_on(&owner, lead, 4).await;
    working.until_at("leads", world.head().await).await;
    let failing =
        working.until(&first("tallies"), |model| model.state == ModelState::Alone && model.retries > 2).await;
    assert!(failing.error.unwrap().contains("permission denied"));
    assert_eq!(failing.parked, 0);
    assert_eq!(world.rows::<LeadRow>(1, 1).await.len(), 1);

    world.execute("grant insert on read.tallies_v1_g1 to xentri_worker").await;
    let back = working.until_at("tallies", world.head().await).await;
    assert_eq!((back.error, back.parked), (None, 0));
    assert_eq!(world.rows::<TallyRow>(1, 1).await, counted(&world.events(0).await));
}
