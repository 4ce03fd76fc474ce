//! Commands one after another, and what they answer.

use serde_json::json;
use xentri_commands::{CommandRequest, DispatchError};
use xentri_domain::kernel::{Role, StreamId};
use xentri_ledger::{CONSISTENCY_LABEL, ConsistencyToken};
use xentri_testkit::factory;

use crate::support::{World, ada, code, draft, request};

#[tokio::test]
async fn a_lead_lives_and_every_answer_says_where_it_is() {
    let world = World::new().await;
    let owner = world.owner().await;
    let captured = world.give(&owner, "lead.capture", &ada()).await.unwrap();
    // The org's own first event was the first.
    assert_eq!(
        (captured.version, captured.org_seq, captured.created, captured.replayed),
        (1, 2, true, false)
    );
    assert_eq!(captured.events[0].type_name, "xentri.lead.created.v1");
    let lead = captured.id;
    let steps = [
        ("lead.log-contact", json!({ "channel": "email" })),
        ("lead.qualify", json!({ "score": 80, "reason": "wants bread" })),
        (
            "lead.send-proposal",
            json!({ "amount": { "amount": 1000, "currency": "EUR" }, "valid_until": "2999-01-01" }),
        ),
        ("lead.win", json!({ "amount": { "amount": 1000, "currency": "EUR" } })),
    ];
    for (place, (name, body)) in (2..).zip(&steps) {
        let answer = world.give_to(&owner, lead, name, body).await.unwrap();
        assert_eq!(
            (answer.id, answer.version, answer.org_seq, answer.created),
            (lead, place, place + 1, false),
            "{name}"
        );
    }
    assert_eq!(
        code(world.give_to(&owner, lead, "lead.lose", &json!({ "reason": "no" })).await),
        "illegal_transition"
    );

    let keys = world.dispatcher.ledger().keys().token_keys(CONSISTENCY_LABEL).await.unwrap();
    let token = ConsistencyToken::open(&captured.consistency_token, owner.org(), &keys).unwrap();
    assert_eq!((token.stream.id, token.stream.stream_type, token.position > 0), (lead, "lead", true));
    assert!(ConsistencyToken::open(&captured.consistency_token, factory::org(), &keys).is_err());
}

#[tokio::test]
async fn what_is_already_so_makes_no_event_and_says_where_the_org_is() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    let body = json!({ "owner": factory::user() });
    let assigned = world.give_to(&owner, lead, "lead.assign", &body).await.unwrap();
    let again = world.give_to(&owner, lead, "lead.assign", &body).await.unwrap();
    assert_eq!((again.version, again.org_seq, again.events.len()), (assigned.version, assigned.org_seq, 0));
}

#[tokio::test]
async fn a_command_may_touch_several_streams_or_the_one_that_an_org_has() {
    let world = World::new().await;
    let owner = world.owner().await;
    let invoice = world.give(&owner, "invoice.draft", &draft()).await.unwrap().id;
    let issued = world.give_to(&owner, invoice, "invoice.issue", &json!({})).await.unwrap();
    let types: Vec<_> = issued.events.iter().map(|event| event.type_name.as_str()).collect();
    assert_eq!(types, ["xentri.invoice.issued.v1", "xentri.invoice_number.taken.v1"]);
    assert_eq!((issued.version, issued.org_seq), (2, 4));

    let started = world.give(&owner, "brief.start", &json!({})).await.unwrap();
    assert!(started.created);
    assert_eq!(code(world.give(&owner, "brief.start", &json!({})).await), "already_exists");
    let site =
        world.give(&owner, "site.create", &json!({ "name": "Bread", "slug": "bread" })).await.unwrap().id;
    for path in ["/", "/about"] {
        let page = json!({ "site_id": site, "path": path, "title": "Bread", "blocks": [] });
        let page = world.give(&owner, "page.add", &page).await.unwrap().id;
        world.give_to(&owner, page, "page.request-preview", &json!({})).await.unwrap();
    }
    let published = world.give_to(&owner, site, "site.publish", &json!({})).await.unwrap();
    assert_eq!(published.events.len(), 3);
    assert_eq!(
        code(world.give(&owner, "site.create", &json!({ "name": "B", "slug": "bread" })).await),
        "slug_taken"
    );
}

#[tokio::test]
async fn a_version_that_is_not_the_streams_is_told_with_the_one_that_is() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    let contact = |if_match| CommandRequest {
        if_match: Some(if_match),
        ..request("lead.log-contact", Some(lead), &json!({ "channel": "email" }))
    };
    // Another process has moved it on: what is kept here is old.
    world.another().give_to(&owner, lead, "lead.add-note", &json!({ "note": "hm" })).await.unwrap();
    let error = world.dispatcher.dispatch(&owner, contact(1)).await.unwrap_err();
    assert!(matches!(error, DispatchError::VersionMismatch { expected: 1, current: 2 }), "{error:?}");
    assert_eq!(world.dispatcher.dispatch(&owner, contact(2)).await.unwrap().version, 3);
}

#[tokio::test]
async fn a_rejection_never_rests_on_an_old_state() {
    let (one, other) = (World::new().await, ());
    let ((), other) = (other, one.another());
    let owner = one.owner().await;
    let lead = one.lead(&owner).await;
    // The other process keeps the lead as new.
    assert_eq!(code(other.give_to(&owner, lead, "lead.qualify", &qualified()).await), "illegal_transition");
    one.give_to(&owner, lead, "lead.log-contact", &json!({ "channel": "email" })).await.unwrap();
    assert_eq!(other.give_to(&owner, lead, "lead.qualify", &qualified()).await.unwrap().version, 3);
}

fn qualified() -> serde_json::Value {
    json!({ "score": 80, "reason": "wants bread" })
}

#[tokio::test]
async fn who_may_not_is_told_so_before_anything_else() {
    let world = World::new().await;
    let owner = world.owner().await;
    let invoice = world.give(&owner, "invoice.draft", &draft()).await.unwrap().id;
    let member = factory::principal(owner.org(), Role::Member);
    for stream in [invoice, StreamId::v7(7, [7; 10])] {
        let error = world.give_to(&member, stream, "invoice.issue", &json!({})).await.unwrap_err();
        let expected = ("invoice", "issue");
        assert!(
            matches!(error, DispatchError::NotAuthorized { stream_type, command } if (stream_type, command) == expected),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn the_largest_there_is_fits_an_envelope() {
    let world = World::new().await;
    let owner = world.owner().await;
    world.give(&owner, "brief.start", &json!({})).await.unwrap();
    let answer = json!({ "question": "Who?", "answer": "Bakers" });
    world.give(&owner, "brief.record-answer", &answer).await.unwrap();
    world.give(&owner, "brief.confirm-ready", &json!({})).await.unwrap();
    // Four bytes each.
    let content = "🥖".repeat(8000);
    let names = ["identity", "audience", "offerings", "positioning", "goals", "proof", "operations"];
    let sections: serde_json::Map<_, _> =
        names.map(|name| (name.to_owned(), json!(content))).into_iter().collect();
    let body = json!({ "sections": sections });
    assert_eq!(world.give(&owner, "brief.submit-draft", &body).await.unwrap().version, 4);
}
