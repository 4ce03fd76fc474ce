mod stored;

use std::collections::BTreeSet;

use compact_str::ToCompactString as _;
use serde_json::{Value, json};
use xentri_domain::aggregate::HoldsPersonal as _;
use xentri_domain::kernel::{Actor, CorrelationId, EventId, UserId};
use xentri_domain::registry::STREAM_TYPES;

use super::{Audit, AuditRow};
use crate::given::{Given, id, samples};
use crate::kit::{LedgerEvent, Projection as _};

fn row(event: &LedgerEvent) -> AuditRow {
    let [key] = Audit::keys(event)[..] else { panic!("one event, one row") };
    Audit::fold(key, None, event).unwrap().unwrap()
}

fn event(type_name: &str, payload: Value) -> LedgerEvent {
    let mut given = Given::<Audit>::new();
    given.then(id(1), type_name, payload);
    given.events.remove(0)
}

#[test]
fn every_kind_of_event_has_a_row_and_claims_too() {
    let mut types = BTreeSet::new();
    for event in STREAM_TYPES.iter().flat_map(|of| samples(of)) {
        let (row, kind) = (row(&event), event.payload().kind());
        assert_eq!((row.event_type.as_str(), row.context.as_str()), (kind.type_name, kind.context.as_str()));
        assert_eq!((row.id, row.stream_id), (event.envelope.id.uuid(), event.stream_id()));
        assert_eq!((row.version, row.recorded_at), (event.version(), event.recorded_at));
        types.insert(row.stream_type);
    }
    let all: BTreeSet<_> = STREAM_TYPES.iter().map(|of| of.to_compact_string()).collect();
    assert_eq!(types, all);
}

#[test]
fn a_row_says_who_did_it_and_why() {
    let mut event = event("xentri.invoice.voided.v1", json!({ "reason": "twice" }));
    let ada = UserId::of("test", "ada");
    let (correlation, cause): (CorrelationId, EventId) =
        (id(2).try_into().unwrap(), id(3).try_into().unwrap());
    event.org_seq = 42;
    event.envelope.actor = Actor::User(ada);
    event.envelope.correlation_id = Some(correlation);
    event.envelope.causation_id = Some(cause);
    event.envelope.occurred_at = "2026-03-01T00:00:00Z".parse().unwrap();
    event.envelope.meta.reason = Some("the customer called".parse().unwrap());
    event.envelope.meta.on_behalf_of = Some(ada);
    let expected = AuditRow {
        org_id: event.org(),
        id: event.envelope.id.uuid(),
        org_seq: 42,
        stream_type: "invoice".into(),
        stream_id: event.stream_id(),
        version: 1,
        event_type: "xentri.invoice.voided.v1".into(),
        context: "finance".into(),
        actor_type: "user".into(),
        actor_id: ada.to_compact_string(),
        correlation_id: Some(correlation.uuid()),
        causation_id: Some(cause.uuid()),
        occurred_at: event.envelope.occurred_at,
        recorded_at: event.recorded_at,
        source: "api".into(),
        command: "test".into(),
        reason: Some("the customer called".into()),
        on_behalf_of: Some(ada),
    };
    assert_eq!(row(&event), expected);
}

#[test]
fn nothing_personal_gets_into_a_row() {
    const CANARY: &str = "Wilhelmina Canary";
    let event =
        event("xentri.lead.created.v1", json!({ "name": CANARY, "source": "manual", "note": CANARY }));
    let mut personal = Vec::new();
    event.envelope.payload.clone().visit_personal(&mut |pointer, _| personal.push(pointer.to_owned()));
    assert_eq!(personal, ["/name", "/note"]);
    let row = format!("{:?}", row(&event));
    assert!(!row.contains(CANARY), "{row}");
}

#[test]
fn an_event_that_comes_twice_leaves_one_row() {
    let event = event("xentri.lead.qualified.v1", json!({ "score": 7, "reason": "r" }));
    let first = row(&event);
    assert_eq!(Audit::fold(first.id, Some(first.clone()), &event), Ok(Some(first)));
}
