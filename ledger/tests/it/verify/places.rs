//! Orgs that are not where they should be.

use xentri_ledger::{CheckpointBook, Reason, verify_org};

use super::{filled, findings, found, tamper};

/// The reasons found, and where.
async fn reasons(world: &super::World) -> Vec<(Option<i32>, Reason)> {
    found(world).await.into_iter().map(|finding| (finding.shard, finding.reason)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_shard_that_another_database_has_are_found() {
    let (world, _) = filled(1).await;
    tamper(
        &world.db,
        "insert into event select (jsonb_populate_record(e, '{\"shard\": 99}')).* from event e",
    )
    .await;
    assert_eq!(reasons(&world).await, [(Some(99), Reason::StrayShard)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_org_with_events_on_two_shards_is_found() {
    let (world, homes) = filled(1).await;
    let here = homes[0].shard().number();
    let there = (here + 1) % 8;
    tamper(
        &world.db,
        &format!(
            "insert into event select (jsonb_populate_record(e, '{{\"shard\": {there}}}')).* from event e"
        ),
    )
    .await;
    let (low, high) = (here.min(there), here.max(there));
    // The directory knows which of them is right.
    let mut expected = vec![(Some(high), Reason::OnTwoShards { other: low })];
    if there == low {
        expected.insert(0, (Some(low), Reason::OtherShard { directory: here }));
    }
    assert_eq!(reasons(&world).await, expected);
    let alone = verify_org(world.ledger.databases(), homes[0], &CheckpointBook::default()).await;
    assert_eq!(findings(alone)[0].reason, Reason::OnTwoShards { other: there });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_org_that_the_directory_has_elsewhere_or_not_at_all_is_found() {
    let (world, homes) = filled(1).await;
    let here = homes[0].shard().number();
    let there = (here + 1) % 8;
    tamper(&world.db, &format!("update org set shard = {there}")).await;
    let elsewhere = Reason::OtherShard { directory: there };
    assert_eq!(reasons(&world).await, [(Some(here), elsewhere.clone())]);
    let alone = verify_org(world.ledger.databases(), homes[0], &CheckpointBook::default()).await;
    assert_eq!(findings(alone)[0].reason, elsewhere);

    tamper(&world.db, "delete from org").await;
    assert_eq!(reasons(&world).await, [(Some(here), Reason::NotInDirectory)]);
    let alone = verify_org(world.ledger.databases(), homes[0], &CheckpointBook::default()).await;
    assert_eq!(findings(alone)[0].reason, Reason::NotInDirectory);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_active_org_without_events_is_found() {
    let (world, homes) = filled(1).await;
    tamper(&world.db, "delete from event").await;
    assert_eq!(reasons(&world).await, [(Some(homes[0].shard().number()), Reason::NoEvents)]);
}
