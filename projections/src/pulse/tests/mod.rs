//! Given events, then items.

mod brief;
mod invoice;
mod lead;
mod people;
mod promotion;
mod properties;
mod rules;
mod stored;
mod website;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;
use uuid::Uuid;
use xentri_domain::kernel::{Language, TimeZone};
use xentri_domain::registry::{Event, event_kinds};
use xentri_schemas::Reading;

use super::{Names, PulseItemRow, PulseItems, Writer};
use crate::given::{Given, moment};
use crate::kit::LedgerEvent;

pub(super) type Items = Given<PulseItems>;

pub(super) fn in_english() -> Writer<'static> {
    static UTC: TimeZone = TimeZone::UTC;
    Writer { language: Language::En, zone: &UTC }
}

pub(super) fn title(item: &PulseItemRow, names: Names<'_>) -> String {
    in_english().title(item, names)
}

impl Items {
    /// All items as scope, importance and title, from the scope `strategy` down.
    fn shown(&self) -> Vec<(String, i32, String)> {
        let mut shown: Vec<_> =
            self.rows.values().map(|row| (row.scope.to_string(), row.importance, title(row, &[]))).collect();
        shown.sort_by(|one, other| other.cmp(one));
        shown
    }

    /// The one item at a scope.
    fn at(&self, scope: &str) -> &PulseItemRow {
        let mut at = self.rows.values().filter(|row| row.scope == scope);
        let first = at.next().unwrap_or_else(|| panic!("nothing at {scope}"));
        assert_eq!(at.next(), None, "more than one at {scope}");
        first
    }

    /// Which titles there are at a scope.
    fn titles(&self, scope: &str) -> Vec<String> {
        let mut titles: Vec<_> =
            self.rows.values().filter(|row| row.scope == scope).map(|row| title(row, &[])).collect();
        titles.sort();
        titles
    }
}

/// Every golden sample of every kind of event, and each once more without each field that may be missing.
pub(super) fn samples() -> Vec<LedgerEvent> {
    static SAMPLES: LazyLock<Vec<LedgerEvent>> = LazyLock::new(|| {
        golden().into_iter().flat_map(|event| poorer(&event).into_iter().chain([event])).collect()
    });
    SAMPLES.clone()
}

fn poorer(event: &LedgerEvent) -> Vec<LedgerEvent> {
    let payload = written(event);
    let without = |field: &String| {
        let mut payload = payload.clone();
        payload.as_object_mut()?.remove(field);
        with_payload(event, payload)
    };
    payload.as_object().unwrap().keys().filter_map(without).collect()
}

pub(super) fn written(event: &LedgerEvent) -> Value {
    event.payload().write_payload(serde_json::value::Serializer).unwrap()
}

fn golden() -> Vec<LedgerEvent> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/samples/events");
    let lines = event_kinds().flat_map(|kind| {
        let text = std::fs::read_to_string(folder.join(format!("{}.jsonl", kind.schema))).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    });
    lines.enumerate().map(|(n, line)| event(&line, u64::try_from(n).unwrap() + 1)).collect()
}

fn event(body: &str, n: u64) -> LedgerEvent {
    let Reading::Event(envelope) = Reading::of(body).unwrap() else { panic!("no event: {body}") };
    LedgerEvent {
        shard: xentri_ledger::Shard::new(0),
        epoch: 1,
        position: n,
        org_seq: n,
        recorded_at: moment(n),
        envelope,
    }
}

/// The event with that payload instead.
pub(super) fn with_payload(event: &LedgerEvent, payload: Value) -> Option<LedgerEvent> {
    let type_name = event.payload().kind().type_name;
    let payload = Event::read_payload(type_name, payload)?.ok()?;
    let mut event = event.clone();
    event.envelope.payload = payload;
    Some(event)
}

/// What the events leave, in order.
pub(super) fn folded<'a>(events: impl IntoIterator<Item = &'a LedgerEvent>) -> BTreeMap<Uuid, PulseItemRow> {
    use crate::kit::{Projection as _, Row as _};
    let mut rows = BTreeMap::new();
    for event in events {
        for key in PulseItems::keys(event) {
            let after = PulseItems::fold(key, rows.remove(&key), event).unwrap();
            rows.extend(after.map(|row| (row.id(), row)));
        }
    }
    rows
}
