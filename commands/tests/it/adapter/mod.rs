//! cqrs-es' own framework runs commands on a real ledger.

mod late;
mod world;

use cqrs_es::{AggregateError, CqrsFramework, EventEnvelope, EventStore as _};
use serde_json::json;
use xentri_commands::{Adapted, NotAppended};
use xentri_domain::claims::InvoiceNumbers;
use xentri_domain::invoice::Invoice;
use xentri_domain::lead::{Lead, Status};
use xentri_domain::subject::Subject;
use xentri_ledger::{ReceiptRecord, Refusal};

use late::Late;
use world::{World, capture, command, new_id};

#[tokio::test]
async fn a_lead_is_captured_and_contacted_and_nothing_personal_is_stored_open() {
    let world = World::new().await;
    let lead = new_id();
    world.execute::<Lead>(lead, "capture", capture()).await.unwrap();
    let contact = json!({ "channel": "phone", "note": "Ada called." });
    world.execute::<Lead>(lead, "log-contact", contact).await.unwrap();
    let loaded = world.load::<Lead>(lead).await;
    assert_eq!((loaded.version, loaded.state.status), (2, Status::Contacted));

    let (store, _) = world.one(lead);
    let events: Vec<EventEnvelope<Adapted<Lead>>> = store.load_events(&lead.to_string()).await.unwrap();
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2]);
    // The org's own first event came before.
    assert_eq!(events[1].metadata["org_seq"], "3");
    let written = serde_json::to_string(&events[1].payload).unwrap();
    assert!(written.contains(r#""note":{"$p":""#), "{written}");
}

#[tokio::test]
async fn a_refusal_leaves_the_ledger_as_it_was() {
    let world = World::new().await;
    let lead = new_id();
    world.execute::<Lead>(lead, "capture", capture()).await.unwrap();
    let refused = world.execute::<Lead>(lead, "lose", json!({ "reason": "too slow" })).await.unwrap_err();
    assert!(matches!(refused, AggregateError::UserError(_)), "{refused:?}");
    assert_eq!(world.load::<Lead>(lead).await.version, 1);
}

#[tokio::test]
async fn invoices_take_one_number_after_the_other() {
    let world = World::new().await;
    for expected in 1..=3 {
        let invoice = world.drafted().await;
        world.execute::<Invoice>(invoice, "issue", json!({})).await.unwrap();
        let numbers = InvoiceNumbers::of(world.home.org(), 2026);
        assert_eq!(world.load::<InvoiceNumbers>(numbers).await.version, expected);
        let bill = world.load::<Invoice>(invoice).await.state.bill.clone().unwrap();
        assert_eq!(bill.number.to_string(), format!("INV-2026-{expected:06}"));
    }
}

/// Between the decision and its commit somebody else's contact is appended, so the version that the decision rests on is
/// gone.
#[tokio::test]
async fn who_loses_the_race_for_a_stream_is_told_of_a_conflict() {
    let world = World::new().await;
    let lead = new_id();
    world.execute::<Lead>(lead, "capture", capture()).await.unwrap();
    let (store, services) = world.one(lead);
    let other = world.framework::<Lead>(lead);
    let late = Late::new(store, async move {
        let contact = command::<Lead>("log-contact", json!({ "channel": "email" }));
        other.execute(&lead.to_string(), contact).await.unwrap();
    });
    let framework: CqrsFramework<Adapted<Lead>, _> = CqrsFramework::new(late, vec![], services);
    let contact = command::<Lead>("log-contact", json!({ "channel": "phone" }));
    let lost = framework.execute(&lead.to_string(), contact).await;
    assert!(matches!(lost, Err(AggregateError::AggregateConflict)), "{lost:?}");
    assert_eq!(world.load::<Lead>(lead).await.version, 2);
}

/// The other invoice takes the number that this one has decided on; nobody touched this one's own stream.
#[tokio::test]
async fn who_loses_the_race_for_a_number_is_told_of_a_conflict_and_appends_nothing() {
    let world = World::new().await;
    let (mine, others) = (world.drafted().await, world.drafted().await);
    let (store, services) = world.one(mine);
    let other = world.framework::<Invoice>(others);
    let late = Late::new(store, async move {
        other.execute(&others.to_string(), command::<Invoice>("issue", json!({}))).await.unwrap();
    });
    let framework: CqrsFramework<Adapted<Invoice>, _> = CqrsFramework::new(late, vec![], services);
    let lost = framework.execute(&mine.to_string(), command::<Invoice>("issue", json!({}))).await;
    assert!(matches!(lost, Err(AggregateError::AggregateConflict)), "{lost:?}");
    assert_eq!(world.load::<Invoice>(mine).await.version, 1);
    // Decided again, it takes the next.
    world.execute::<Invoice>(mine, "issue", json!({})).await.unwrap();
    let bill = world.load::<Invoice>(mine).await.state.bill.clone().unwrap();
    assert_eq!(bill.number.to_string(), "INV-2026-000002");
}

#[tokio::test]
async fn a_version_that_the_stream_does_not_have_is_a_conflict() {
    let world = World::new().await;
    let lead = new_id();
    world.execute::<Lead>(lead, "capture", capture()).await.unwrap();
    let mut scope = world.scope(lead);
    scope.expected = Some(2);
    let assigned = world.execute_in::<Lead>(scope, "add-note", json!({ "note": "Call her." })).await;
    assert!(matches!(assigned, Err(AggregateError::AggregateConflict)), "{assigned:?}");
}

#[tokio::test]
async fn a_used_key_is_no_conflict_for_another_try_would_meet_it_again() {
    let world = World::new().await;
    let lead = new_id();
    world.execute::<Lead>(lead, "capture", capture()).await.unwrap();
    let note = || {
        let mut scope = world.scope(lead);
        scope.receipt =
            Some(ReceiptRecord::new("call-1".parse().unwrap(), [1; 32], "{}".to_owned()).unwrap());
        world.execute_in::<Lead>(scope, "add-note", json!({ "note": "Call her." }))
    };
    note().await.unwrap();
    let Err(AggregateError::UnexpectedError(error)) = note().await else { panic!() };
    assert_eq!(error.downcast_ref(), Some(&NotAppended(Refusal::KeyUsed)));
    assert_eq!(world.load::<Lead>(lead).await.version, 2);
}

#[tokio::test]
async fn a_person_who_is_forgotten_stays_so() {
    let world = World::new().await;
    let lead = new_id();
    world.execute::<Lead>(lead, "capture", capture()).await.unwrap();
    world.execute::<Subject>(lead, "forget", json!({})).await.unwrap();
    assert!(world.load::<Subject>(lead).await.state.forgotten);
    let late = world.execute::<Lead>(lead, "add-note", json!({ "note": "Call her." })).await;
    assert!(matches!(late, Err(AggregateError::UnexpectedError(_))), "{late:?}");
    assert_eq!(world.load::<Lead>(lead).await.version, 1);
}
