use std::collections::HashSet;
use std::sync::Arc;

use serde_json::json;
use xentri_domain::kernel::{Actor, EventId, OrgId, Slug, StreamId, Text, Timestamp};
use xentri_domain::lead::{Contacted, LeadEvent};
use xentri_domain::registry::Event;
use xentri_ledger::Moment;
use xentri_projections::kit::Model;
use xentri_projections::leads::Leads;
use xentri_schemas::{Envelope, Environment, Meta};

use super::*;
use crate::feed::Place;

fn org() -> OrgId {
    OrgId::try_from(Uuid::from_u128(7)).unwrap()
}

fn contacted(position: u64, lead: u128) -> Incoming {
    let word = |word| Slug::parse(word).unwrap();
    let now = Timestamp::from_micros(0).unwrap();
    let contacted: Contacted = serde_json::from_value(json!({ "channel": "email", "at": now })).unwrap();
    let meta = Meta {
        source: word("test"),
        environment: Environment::Local,
        command: Text::parse("lead.log-contact").unwrap(),
        reason: None,
        on_behalf_of: None,
    };
    let envelope = Envelope {
        id: EventId::try_from(Uuid::from_u128(position.into())).unwrap(),
        occurred_at: now,
        org_id: org(),
        actor: Actor::System(word("test")),
        payload: Event::Lead(LeadEvent::Contacted(contacted)),
        dedupe_key: None,
        correlation_id: None,
        causation_id: None,
        trace_id: None,
        meta,
        stream_id: StreamId::try_from(Uuid::from_u128(lead)).unwrap(),
        version: 1,
    };
    let event = LedgerEvent {
        shard: Shard::new(0),
        epoch: 1,
        position,
        org_seq: 1,
        recorded_at: now,
        envelope: Box::new(envelope),
    };
    Incoming { event, fault: None }
}

fn member(blocked: &[u128], discarded: &[u128]) -> Member {
    Member {
        model: Arc::new(Model::<Leads>::new()),
        generation: 1,
        place: Place::default(),
        topic: None,
        stamp: Moment(Timestamp::from_micros(0).unwrap()),
        blocked: blocked.iter().map(|lead| (org(), Uuid::from_u128(*lead))).collect(),
        parked: 0,
        discarded: Arc::new(
            discarded
                .iter()
                .map(|id| EventId::try_from(Uuid::from_u128(*id)).unwrap())
                .collect::<HashSet<_>>(),
        ),
    }
}

/// The positions of those that are taken, and of those that are parked with their errors.
fn sorted(
    member: &Member,
    events: &[Incoming],
    refused: Option<&str>,
) -> (Vec<u64>, Vec<(u64, Option<String>)>) {
    let Sorted { taken, parked } = sort(member, events, refused);
    let parked = parked.into_iter().map(|one| (one.event.position, one.error));
    (taken.into_iter().map(|event| event.position).collect(), parked.collect())
}

#[test]
fn what_touches_a_blocked_row_waits_and_the_rest_is_taken() {
    let events = [contacted(1, 10), contacted(2, 11), contacted(3, 10)];
    assert_eq!(sorted(&member(&[], &[]), &events, None), (vec![1, 2, 3], vec![]));
    assert_eq!(sorted(&member(&[10], &[]), &events, None), (vec![2], vec![(1, None), (3, None)]));
}

#[test]
fn an_event_that_does_not_open_blocks_its_row_within_the_batch() {
    let mut events = [contacted(1, 10), contacted(2, 10), contacted(3, 11), contacted(4, 10)];
    events[1].fault = Some("it does not open".to_owned());
    let fault = Some("it does not open".to_owned());
    assert_eq!(sorted(&member(&[], &[]), &events, None), (vec![1, 3], vec![(2, fault), (4, None)]));
}

#[test]
fn a_discarded_event_is_neither_taken_nor_parked_and_blocks_nothing() {
    let mut events = [contacted(1, 10), contacted(2, 10)];
    events[0].fault = Some("it does not open".to_owned());
    assert_eq!(sorted(&member(&[], &[1]), &events, None), (vec![2], vec![]));
}

#[test]
fn what_is_refused_is_parked_with_the_reason() {
    let refused = sorted(&member(&[], &[]), &[contacted(1, 10)], Some("22021"));
    assert_eq!(refused, (vec![], vec![(1, Some("22021".to_owned()))]));
}
