//! People who are forgotten, and states as somebody may see them.

use serde_json::json;
use xentri_commands::DispatchError;
use xentri_domain::kernel::Role;
use xentri_testkit::factory;

use crate::support::{World, ada, draft, keyed};

#[tokio::test]
async fn who_is_forgotten_is_shown_nowhere_and_written_about_no_more() {
    let world = World::new().await;
    let other = world.another();
    let owner = world.owner().await;
    let capture = || keyed("k", "lead.capture", None, &ada());
    let lead = world.dispatcher.dispatch(&owner, capture()).await.unwrap().id;
    let mut invoice = draft();
    invoice["lead_id"] = json!(lead);
    let invoice = world.give(&owner, "invoice.draft", &invoice).await.unwrap().id;
    let forgotten = world.give_to(&owner, lead, "subject.forget", &json!({})).await.unwrap();
    assert_eq!(forgotten.events[0].type_name, "xentri.subject.forgotten.v1");

    for world in [&world, &other] {
        let note = json!({ "note": "she called" });
        let error = world.give_to(&owner, lead, "lead.add-note", &note).await.unwrap_err();
        assert!(matches!(error, DispatchError::SubjectForgotten), "{error:?}");
        for (stream_type, id) in [("lead", lead), ("invoice", invoice)] {
            let state = world.dispatcher.state_at(&owner, stream_type, id, 1).await.unwrap().to_string();
            assert!(!state.contains("Lovelace") && !state.contains("ada@"), "{state}");
        }
        // What brings nothing about her goes on, and her capture was answered once and for ever.
        assert!(world.dispatcher.dispatch(&owner, capture()).await.unwrap().replayed);
    }
    world.give_to(&owner, lead, "lead.disqualify", &json!({ "reason": "asked to go" })).await.unwrap();
}

/// Notes and the forgetting race; whatever the order, nobody waits for ever, and after the forgetting no note gets in.
#[tokio::test(flavor = "multi_thread")]
async fn forgetting_races_with_what_is_written_about_the_person() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    let mut notes = tokio::task::JoinSet::new();
    for n in 0..20 {
        let (dispatcher, owner) = (world.dispatcher.clone(), owner.clone());
        let note = crate::support::request("lead.add-note", Some(lead), &json!({ "note": format!("{n}") }));
        notes.spawn(async move { dispatcher.dispatch(&owner, note).await });
    }
    world.give_to(&owner, lead, "subject.forget", &json!({})).await.unwrap();
    for note in notes.join_all().await {
        assert!(matches!(note, Ok(_) | Err(DispatchError::SubjectForgotten)), "{note:?}");
    }
    let error = world.give_to(&owner, lead, "lead.add-note", &json!({ "note": "late" })).await.unwrap_err();
    assert!(matches!(error, DispatchError::SubjectForgotten), "{error:?}");
}

#[tokio::test]
async fn a_state_is_open_to_those_who_may_read_people() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    world.give_to(&owner, lead, "lead.log-contact", &json!({ "channel": "email" })).await.unwrap();
    let analyst = factory::principal(owner.org(), Role::Analyst);
    let state = |principal| {
        let dispatcher = world.dispatcher.clone();
        async move { dispatcher.state_at(&principal, "lead", lead, 1).await.unwrap() }
    };
    let open = state(owner.clone()).await;
    assert_eq!((&open["name"], &open["status"]), (&json!("Ada Lovelace"), &json!("new")));
    let sealed = state(analyst).await;
    assert!(sealed["name"]["$p"].is_string(), "{sealed}");
}
