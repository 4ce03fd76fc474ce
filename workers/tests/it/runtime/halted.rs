//! What a program does not know.

use xentri_projections::leads::LeadRow;
use xentri_projections::read_models;
use xentri_workers::runtime::ModelState;

use super::support::{World, first};

/// As a newer program would have written it.
async fn rewrite(world: &World, position: u64, from: &str, to: &str) {
    world
        .execute(&format!(
            "alter table event disable trigger event_never_changes; \
             update event set body = replace(body, '{from}', '{to}') where position = {position}; \
             alter table event enable always trigger event_never_changes"
        ))
        .await;
    let body = &world.events(position - 1).await[0].body;
    assert!(body.contains(to), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_major_version_halts_a_read_model_before_it() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    let before = world.head().await;
    world.go_on(&owner, lead, 1).await;
    let newer = world.head().await;
    world.go_on(&owner, lead, 2).await;
    rewrite(&world, newer.position, "\"envelope_version\":\"1.", "\"envelope_version\":\"2.").await;

    let working = world.work(&read_models());
    let halted = |model: &xentri_workers::runtime::ModelStatus| {
        matches!(&model.state, ModelState::Halted(reason) if reason.contains("newer than this program"))
            && model.lag() == 3
    };
    let status = working.until(&first("leads"), halted).await;
    assert_eq!((status.place, status.parked), (before, 0));
    assert_eq!(world.rows::<LeadRow>(1, 1).await[&(owner.org(), lead.uuid())].state, "new");

    // The newer program goes on from there.
    drop(working);
    rewrite(&world, newer.position, "\"envelope_version\":\"2.", "\"envelope_version\":\"1.").await;
    world.work(&read_models()).until_at("leads", world.head().await).await;
    assert_eq!(world.rows::<LeadRow>(1, 1).await[&(owner.org(), lead.uuid())].state, "qualified");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_type_is_passed_over() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    world.go_on(&owner, lead, 1).await;
    let strange = world.head().await;
    rewrite(&world, strange.position, "xentri.lead.contacted.v1", "xentri.lead.enchanted.v1").await;
    world.go_on(&owner, lead, 1).await;
    let status = world.work(&read_models()).until_at("leads", world.head().await).await;
    assert_eq!(status.parked, 0);
    let row = &world.rows::<LeadRow>(1, 1).await[&(owner.org(), lead.uuid())];
    assert_eq!((row.version, row.state.as_str()), (3, "contacted"));
}
