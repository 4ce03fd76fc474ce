//! Rows show people as long as they are not forgotten.

use serde_json::json;
use xentri_projections::leads::LeadRow;
use xentri_projections::read_models;

use super::support::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forgetting_a_person_empties_their_rows_and_no_others() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (lead, other) = (world.lead(&owner).await, world.lead(&owner).await);
    let working = world.work(&read_models());
    working.until_at("leads", world.head().await).await;
    let row = |lead: xentri_domain::kernel::StreamId| {
        let (world, key) = (&world, (owner.org(), lead.uuid()));
        async move { world.rows::<LeadRow>(1, 1).await.remove(&key).unwrap() }
    };
    assert_eq!(row(lead).await.name.as_deref(), Some("Ada Lovelace"));

    world.give(&owner, Some(lead), "subject.forget", &json!({})).await;
    working.until_at("leads", world.head().await).await;
    let forgotten = row(lead).await;
    assert_eq!((forgotten.name, forgotten.email, forgotten.forgotten), (None, None, true));
    assert_eq!(forgotten.search, "");
    assert_eq!(row(other).await.email.as_deref(), Some("ada@example.com"));
}

/// Their key is gone when the events are read, long before the forgetting itself is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_forgotten_meanwhile_never_gets_into_a_row() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    let captured = world.head().await;
    world.give(&owner, Some(lead), "subject.forget", &json!({})).await;
    let settings = xentri_workers::runtime::RuntimeSettings { batch: 1, ..Default::default() };
    let feeds = super::support::LedgerFeeds(world.ledger.clone());
    let working = world.work_on(&read_models(), feeds, settings);
    let status = working.until_at("leads", world.head().await).await;
    assert!(status.place > captured && status.parked == 0);
    let row = world.rows::<LeadRow>(1, 1).await.remove(&(owner.org(), lead.uuid())).unwrap();
    assert_eq!((row.name, row.forgotten), (None, true));
}
