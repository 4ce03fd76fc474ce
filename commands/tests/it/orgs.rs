//! Making orgs and changing their settings.

use serde_json::json;
use xentri_commands::DispatchError;
use xentri_domain::kernel::Role;
use xentri_domain::kernel::StreamId;
use xentri_testkit::factory;

use crate::support::{World, ada, bakery, code, keyed};

#[tokio::test]
async fn an_org_can_be_used_as_soon_as_it_was_answered() {
    let world = World::new().await;
    let org = factory::org();
    let system = factory::system(org);
    let error = world.give(&factory::principal(org, Role::Owner), "lead.capture", &ada()).await.unwrap_err();
    assert!(matches!(error, DispatchError::OrgUnknown), "{error:?}");
    let made = world.give(&system, "org.create", &bakery(org)).await.unwrap();
    assert_eq!((made.id, made.version, made.org_seq, made.created), (StreamId::from(org), 1, 1, true));
    for world in [&world, &world.another()] {
        world.give(&factory::principal(org, Role::Owner), "lead.capture", &ada()).await.unwrap();
    }
    assert_eq!(code(world.give(&system, "org.create", &bakery(org)).await), "already_exists");
}

#[tokio::test]
async fn a_repeated_creation_gets_its_first_answer() {
    let world = World::new().await;
    let org = factory::org();
    let create = || keyed("k", "org.create", None, &bakery(org));
    let first = world.dispatcher.dispatch(&factory::system(org), create()).await.unwrap();
    let again = world.dispatcher.dispatch(&factory::system(org), create()).await.unwrap();
    assert!(again.replayed);
    assert_eq!((again.id, again.org_seq, again.events), (first.id, first.org_seq, first.events));
}

#[tokio::test]
async fn an_org_that_was_left_half_made_is_finished_by_the_next_attempt() {
    let world = World::new().await;
    let org = factory::org();
    let create = || keyed("k", "org.create", None, &bakery(org));
    let first = world.dispatcher.dispatch(&factory::system(org), create()).await.unwrap();
    // As if the process had been killed after the append.
    let mut admin = world.db.as_ref().unwrap().connect_as_admin().await;
    sqlx::query("update org set status = 'creating' where org_id = $1")
        .bind(org.uuid())
        .execute(&mut admin)
        .await
        .unwrap();
    let next = world.another();
    let again = next.dispatcher.dispatch(&factory::system(org), create()).await.unwrap();
    assert!(again.replayed && again.id == first.id);
    next.give(&factory::principal(org, Role::Owner), "lead.capture", &ada()).await.unwrap();
}

#[tokio::test]
async fn an_external_id_belongs_to_one_org() {
    let world = World::new().await;
    let body = |org| {
        let mut body = bakery(org);
        body["external_id"] = json!("org_2ab");
        body
    };
    let (one, other) = (factory::org(), factory::org());
    world.give(&factory::system(one), "org.create", &body(one)).await.unwrap();
    let error = world.give(&factory::system(other), "org.create", &body(other)).await.unwrap_err();
    assert!(matches!(error, DispatchError::ExternalIdTaken), "{error:?}");
}

#[tokio::test]
async fn settings_reach_the_directory_with_the_answer() {
    let world = World::new().await;
    let owner = world.owner().await;
    let change = json!({ "time_zone": "Asia/Tokyo", "invoice_prefix": "ACME" });
    let org = owner.org();
    world.give_to(&owner, org.into(), "org.change-settings", &change).await.unwrap();
    let entry = world.dispatcher.ledger().directory().find(org).await.unwrap().unwrap();
    assert_eq!(entry.settings.time_zone.as_str(), "Asia/Tokyo");
    let other = factory::org();
    assert_eq!(code(world.give_to(&owner, other.into(), "org.change-settings", &change).await), "not_found");
}

/// The first attempt ended after the append. Another one with other settings must not leave them in the directory: by the
/// external id, people come into the org.
#[tokio::test]
async fn a_half_made_org_is_finished_as_its_first_event_says() {
    let world = World::new().await;
    let org = factory::org();
    let body = |external: &str, prefix: &str| {
        let mut body = bakery(org);
        (body["external_id"], body["invoice_prefix"]) = (json!(external), json!(prefix));
        body
    };
    world.give(&factory::system(org), "org.create", &body("org_one", "ONE")).await.unwrap();
    let mut admin = world.db.as_ref().unwrap().connect_as_admin().await;
    let half = sqlx::query("update org set status = 'creating' where org_id = $1").bind(org.uuid());
    half.execute(&mut admin).await.unwrap();
    let next = world.another();
    let again = next.give(&factory::system(org), "org.create", &body("org_two", "TWO")).await;
    assert_eq!(code(again), "already_exists");
    let entry = next.dispatcher.ledger().directory().find(org).await.unwrap().unwrap();
    assert_eq!(entry.external_id.as_ref().unwrap().as_str(), "org_one");
    assert_eq!(entry.settings.invoice_prefix.as_str(), "ONE");
}

/// Many change the settings at once, in two processes. Each copies what it finds in the ledger, and the last copy must be
/// of the last state.
#[tokio::test(flavor = "multi_thread")]
async fn the_directory_ends_with_the_last_settings() {
    let world = World::new().await;
    let other = world.another();
    let owner = world.owner().await;
    let org = owner.org();
    for round in 0..10 {
        let mut callers = tokio::task::JoinSet::new();
        for n in 0..10 {
            let dispatcher = if n % 2 == 0 { world.dispatcher.clone() } else { other.dispatcher.clone() };
            let (owner, change) = (owner.clone(), json!({ "invoice_prefix": format!("A{round}{n}") }));
            callers.spawn(async move {
                let change = crate::support::request("org.change-settings", Some(org.into()), &change);
                dispatcher.dispatch(&owner, change).await.unwrap()
            });
        }
        callers.join_all().await;
        let fresh = world.another();
        let ledger = fresh.dispatcher.ledger();
        let copy = ledger.directory().find(org).await.unwrap().unwrap().settings.invoice_prefix.clone();
        let state = fresh.dispatcher.state_at(&owner, "org", org.into(), 1_000).await.unwrap();
        assert_eq!(json!(copy.as_str()), state["settings"]["invoice_prefix"], "round {round}");
    }
}
