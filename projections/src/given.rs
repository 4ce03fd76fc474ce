//! Given events, then rows: how the tests of every read model read.
//!
//! Events are written as they are on the wire, with what is personal open. Each is recorded a second after the one before,
//! the first at 12:00:01 of 2 March 2026.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;
use xentri_domain::kernel::{EventId, OrgId, StreamId, Timestamp};
use xentri_domain::registry::{Event, event_kinds};
use xentri_ledger::Shard;
use xentri_schemas::{Envelope, Environment, Meta, Reading};

use crate::kit::{FoldError, LedgerEvent, Projection, Row as _};

const NOON: &str = "2026-03-02T12:00:00.000000Z";

/// A stream, or whatever else has an id: `id(1)`, `id(2)`.
pub(crate) fn id(n: u64) -> Uuid {
    Uuid::from_u64_pair(0x0190_a5e1_0000_7000, 0x8000_0000_0000_0000 | n)
}

/// The same as it stands in a payload.
pub(crate) fn written(n: u64) -> String {
    id(n).to_string()
}

/// The moment at which the nth event was recorded.
pub(crate) fn moment(n: u64) -> Timestamp {
    NOON.parse::<Timestamp>().unwrap().plus(Duration::from_secs(n)).unwrap()
}

/// One org's events in their order, and the rows that a projection makes of them, without a database.
pub(crate) struct Given<P: Projection> {
    pub(crate) org: OrgId,
    pub(crate) events: Vec<LedgerEvent>,
    pub(crate) rows: BTreeMap<Uuid, P::Row>,
    /// When the nth event is recorded.
    pub(crate) clock: fn(u64) -> Timestamp,
    versions: HashMap<(&'static str, Uuid), u64>,
}

impl<P: Projection> Given<P> {
    pub(crate) fn new() -> Self {
        Self::of(OrgId::try_from(id(0xa)).unwrap())
    }

    pub(crate) fn of(org: OrgId) -> Self {
        Self { org, events: Vec::new(), rows: BTreeMap::new(), clock: moment, versions: HashMap::new() }
    }

    /// What happened next on the stream.
    pub(crate) fn then(&mut self, stream: Uuid, type_name: &str, payload: Value) -> &mut Self {
        self.try_then(stream, type_name, payload).unwrap();
        self
    }

    pub(crate) fn try_then(
        &mut self,
        stream: Uuid,
        type_name: &str,
        payload: Value,
    ) -> Result<(), FoldError> {
        let payload = Event::read_payload(type_name, payload).expect(type_name).expect(type_name);
        let version = self.versions.entry((payload.kind().stream_type, stream)).or_default();
        *version += 1;
        let envelope = envelope(self.org, stream, *version, payload);
        let n = u64::try_from(self.events.len()).unwrap() + 1;
        let event = recorded(envelope, n, (self.clock)(n));
        self.events.push(event.clone());
        for key in P::keys(&event) {
            let after = P::fold(key, self.rows.remove(&key), &event)?;
            self.rows.extend(after.map(|row| (row.id(), row)));
        }
        Ok(())
    }

    pub(crate) fn row(&self, id: Uuid) -> &P::Row {
        &self.rows[&id]
    }
}

pub(crate) fn envelope(org: OrgId, stream: Uuid, version: u64, payload: Event) -> Envelope {
    Envelope {
        id: EventId::try_from(Uuid::now_v7()).unwrap(),
        occurred_at: NOON.parse().unwrap(),
        org_id: org,
        actor: xentri_testkit::factory::system(org).actor().clone(),
        payload,
        dedupe_key: None,
        correlation_id: None,
        causation_id: None,
        trace_id: None,
        meta: Meta {
            source: "api".parse().unwrap(),
            environment: Environment::Local,
            command: "test".parse().unwrap(),
            reason: None,
            on_behalf_of: None,
        },
        stream_id: StreamId::try_from(stream).unwrap(),
        version,
    }
}

pub(crate) fn recorded(envelope: Envelope, n: u64, recorded_at: Timestamp) -> LedgerEvent {
    LedgerEvent {
        shard: Shard::new(0),
        epoch: 1,
        position: n,
        org_seq: n,
        recorded_at,
        envelope: Box::new(envelope),
    }
}

/// The golden sample of every kind of event of a type of stream, as if it came after the first one on one stream.
pub(crate) fn samples(stream_type: &str) -> Vec<LedgerEvent> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/samples/events");
    let sample = |schema: &str| {
        let lines = std::fs::read_to_string(folder.join(format!("{schema}.jsonl"))).unwrap();
        let Reading::Event(mut envelope) = Reading::of(lines.lines().next().unwrap()).unwrap() else {
            panic!("{schema} is no event");
        };
        envelope.stream_id = StreamId::try_from(id(1)).unwrap();
        envelope.version = 7;
        recorded(*envelope, 7, moment(7))
    };
    event_kinds().filter(|kind| kind.stream_type == stream_type).map(|kind| sample(kind.schema)).collect()
}

/// Asserts that each kind of event of the stream but `ending` leaves a row that has come to the event's version, that these
/// take the row away, and that none but `first` can do without a row.
pub(crate) fn every_kind_counts<P: Projection>(
    stream_type: &str,
    first: &str,
    ending: &[&str],
    version: impl Fn(&P::Row) -> (i64, Timestamp),
) {
    let samples = samples(stream_type);
    let began = samples.iter().find(|event| event.payload().kind().type_name == first).expect(first);
    let row = P::fold(id(1), None, began).unwrap();
    for event in &samples {
        let name = event.payload().kind().type_name;
        assert_eq!(P::keys(event), [id(1)], "{name}");
        let after = P::fold(id(1), row.clone(), event).unwrap();
        let expected = (!ending.contains(&name)).then_some((7, event.recorded_at));
        assert_eq!(after.as_ref().map(&version), expected, "{name}");
        let alone = P::fold(id(1), None, event);
        assert!(name == first || alone == Err(FoldError::NoRow), "{name}: {alone:?}");
    }
}
