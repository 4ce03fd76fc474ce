//! The database goes away and comes back.

use xentri_projections::kit::ReadModel;
use xentri_testkit::PrivatePostgres;

use super::support::{World, first};
use super::tally::{TallyRow, counted, install, tallies};

/// Every session of a worker is ended again and again, at whatever it is at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_end_at_any_moment_lose_nothing_and_count_nothing_twice() {
    let world = World::new().await;
    install(&world).await;
    let owner = world.owner().await;
    let working = world.work(&[tallies()]);
    for _ in 0..15 {
        let lead = world.lead(&owner).await;
        world.go_on(&owner, lead, 4).await;
        world
            .execute(
                "select pg_terminate_backend(pid) from pg_stat_activity \
                 where datname = current_database() and application_name = 'xentri' and pid <> pg_backend_pid()",
            )
            .await;
    }
    let status = working.until_at("tallies", world.head().await).await;
    assert_eq!(status.parked, 0);
    assert_eq!(world.rows::<TallyRow>(1, 1).await, counted(&world.events(0).await));
}

/// It crashes, so that what was committed without waiting for the disk may be lost: the checkpoint then stands where the rows
/// stand, and the events are read again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_the_database_parks_nothing_and_is_caught_up_with() {
    let postgres = PrivatePostgres::start().await;
    let world = World::on(&postgres.server_url(), &postgres.admin_url());
    install(&world).await;
    let owner = world.owner().await;
    let models: [std::sync::Arc<dyn ReadModel>; 1] = [tallies()];
    let working = world.work(&models);
    for _ in 0..3 {
        let lead = world.lead(&owner).await;
        world.go_on(&owner, lead, 4).await;
        postgres.crash();
        postgres.start_again();
    }
    world.lead(&owner).await;
    let status = working.until_at("tallies", world.head().await).await;
    assert_eq!((status.parked, status.error), (0, None));
    assert_eq!(world.rows::<TallyRow>(1, 1).await, counted(&world.events(0).await));
    working.until(&first("tallies"), |model| model.lag() == 0).await;
    world.ledger.close().await;
}
