//! Whatever happens, in whatever batches.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;
use xentri_domain::kernel::{EventId, OrgId, StreamId};

use super::{folded, samples};
use crate::given::{id, moment};
use crate::kit::{LedgerEvent, Projection as _, Row as _};
use crate::pulse::{PulseItemRow, PulseItems};

/// A history that no command would make: any events on a few streams of an org, in any order.
pub(super) fn history(picks: &[(usize, u64)]) -> Vec<LedgerEvent> {
    let samples: Vec<_> = samples().into_iter().filter(|event| !PulseItems::keys(event).is_empty()).collect();
    let pick = |(n, (which, stream)): (usize, &(usize, u64))| {
        let mut event = samples[which % samples.len()].clone();
        let n = u64::try_from(n).unwrap() + 1;
        event.envelope.id = EventId::try_from(id(1000 + n)).unwrap();
        event.envelope.stream_id = StreamId::try_from(id(stream % 3 + 1)).unwrap();
        event.envelope.version = n;
        (event.org_seq, event.position, event.recorded_at) = (n, n, moment(n));
        event
    };
    picks.iter().enumerate().map(pick).collect()
}

/// As a worker does it: what the batch touches is loaded, folded in memory and stored.
fn in_batches(events: &[LedgerEvent], sizes: &[usize]) -> BTreeMap<Uuid, PulseItemRow> {
    let mut stored = BTreeMap::new();
    let mut rest = events;
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(sizes.next().map_or(1, |size| *size).min(rest.len()));
        let keys: Vec<_> = batch.iter().flat_map(PulseItems::keys).collect();
        let mut rows: BTreeMap<Uuid, PulseItemRow> =
            keys.iter().filter_map(|key| Some((*key, stored.remove(key)?))).collect();
        for event in batch {
            for key in PulseItems::keys(event) {
                let row = PulseItems::fold(key, rows.remove(&key), event).unwrap();
                rows.extend(row.map(|row| (row.id(), row)));
            }
        }
        stored.extend(rows);
        rest = after;
    }
    stored
}

fn picks() -> impl Strategy<Value = Vec<(usize, u64)>> {
    prop::collection::vec((any::<usize>(), any::<u64>()), 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_history_folds_alike_in_any_batches(picks in picks(), sizes in prop::collection::vec(1_usize..20, 1..6)) {
        let events = history(&picks);
        let rows = folded(&events);
        prop_assert_eq!(&in_batches(&events, &sizes), &rows);
        prop_assert_eq!(&in_batches(&events, &[events.len().max(1)]), &rows);
        for (key, row) in &rows {
            prop_assert_eq!(*key, row.id);
            prop_assert!((1..=5).contains(&row.importance));
            prop_assert!(row.title_key.is_some() || row.promoted_from.is_some());
        }
    }

    /// Such rows are not read back before they are written.
    #[test]
    fn what_an_event_makes_anew_does_not_depend_on_what_stood_there(picks in picks()) {
        let mut rows: BTreeMap<Uuid, PulseItemRow> = BTreeMap::new();
        for event in history(&picks) {
            for key in PulseItems::keys(&event) {
                let stood = rows.remove(&key);
                let after = PulseItems::fold(key, stood, &event).unwrap();
                if PulseItems::makes_anew(&event) {
                    prop_assert_eq!(&after, &PulseItems::fold(key, None, &event).unwrap());
                }
                rows.extend(after.map(|row| (row.id(), row)));
            }
        }
    }

    #[test]
    fn orgs_do_not_meet(picks in picks()) {
        let ours = history(&picks);
        let other = OrgId::try_from(id(0xb)).unwrap();
        let theirs: Vec<_> = ours.iter().cloned().map(|mut event| { event.envelope.org_id = other; event }).collect();
        let of_rules = |rows: BTreeMap<Uuid, PulseItemRow>| -> Vec<_> {
            rows.into_values().filter(|row| row.about_type != "pulse_item").map(|row| row.id).collect()
        };
        let theirs = of_rules(folded(&theirs));
        for place in of_rules(folded(&ours)) {
            prop_assert!(!theirs.contains(&place));
        }
    }
}
