//! Every generation that is there gets the events.

use xentri_workers::feed::Place;
use xentri_workers::runtime::MemberId;

use super::support::{World, first};
use super::tally::{TallyRow, counted, install, tallies};

/// A copy that is sealed at the live one's place, as a rebuild leaves it.
const COPY: &str = "begin; set local role xentri_builder; select app.make_generation('tallies', 1); \
     reset role; insert into read.tallies_v1_g2 select * from read.tallies_v1_g1; \
     insert into projection_checkpoint (projection, version, generation, shard, epoch, position) \
       select projection, version, 2, shard, epoch, position from projection_checkpoint where projection = 'tallies'; \
     set local role xentri_builder; select app.seal_generation('tallies', 1, 2); commit";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_generation_is_fed_beside_the_live_one_and_the_live_one_in_its_grace_time() {
    let world = World::new().await;
    install(&world).await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    let working = world.work(&[tallies()]);
    working.until_at("tallies", world.head().await).await;
    world.execute(COPY).await;
    let second = MemberId { generation: 2, ..first("tallies") };
    let both = async |at: Place| {
        working.until(&second, |model| model.place == at).await;
        working.until_at("tallies", at).await;
        let counted = counted(&world.events(0).await);
        assert_eq!(world.rows::<TallyRow>(1, 1).await, counted);
        assert_eq!(world.rows::<TallyRow>(1, 2).await, counted);
    };
    world.go_on(&owner, lead, 1).await;
    both(world.head().await).await;

    world.execute("set role xentri_builder; select app.swap_generation('tallies', 1, 2)").await;
    world.go_on(&owner, lead, 3).await;
    both(world.head().await).await;

    world.execute("set role xentri_builder; select app.drop_generation('tallies', 1, 1)").await;
    world.lead(&owner).await;
    working.until(&second, |model| model.lag() == 0).await;
    let head = world.head().await;
    working.until(&second, |model| model.place == head).await;
    assert_eq!(world.rows::<TallyRow>(1, 2).await, counted(&world.events(0).await));
    assert!(working.status.of(super::support::SHARD, &first("tallies")).is_none());
}

/// It is all that its worker has, and fails for as long as it is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_generation_whose_table_is_lost_is_left_when_it_is_dropped_and_another_is_there() {
    let world = World::new().await;
    install(&world).await;
    let owner = world.owner().await;
    let working = world.work(&[tallies()]);
    working.until_at("tallies", world.head().await).await;
    world.execute(COPY).await;
    let second = MemberId { generation: 2, ..first("tallies") };
    working.until(&second, |_| true).await;
    world
        .execute(
            "alter table read.tallies_v1_g1 rename to lost; alter table read.tallies_v1_g2 rename to lost2",
        )
        .await;
    world.lead(&owner).await;
    working.until(&second, |model| model.retries > 3).await;
    world.execute("alter table read.lost2 rename to tallies_v1_g2").await;
    let head = world.head().await;
    working.until(&second, |model| model.place == head).await;
    world
        .execute(
            "update projection_generation set state = 'dropped' where projection = 'tallies' and generation = 1; \
             update projection_generation set state = 'live' where projection = 'tallies' and generation = 2",
        )
        .await;
    world.lead(&owner).await;
    working.until(&second, |model| model.lag() == 0 && model.place > head).await;
    assert_eq!(world.rows::<TallyRow>(1, 2).await, counted(&world.events(0).await));
}
