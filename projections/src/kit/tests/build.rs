//! What is built in memory is what batches leave in a database, in however many parts.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::kit::{Build, BuiltTable, CellValue, KeyPart, Model, ReadModel as _, Took};

fn builder(part: KeyPart) -> Box<dyn Build> {
    Model::<Bests>::new().build(part)
}

/// Org, id and the first number of each row that is left, in the order in which they come.
fn rows(table: &mut dyn BuiltTable) -> Vec<(Key, i64)> {
    let mut rows = Vec::new();
    loop {
        let (mut ids, mut numbers) = (Vec::new(), Vec::new());
        let shown = table.next(&mut |cell| match cell {
            CellValue::Uuid(id) => ids.push(id),
            CellValue::Bigint(number) => numbers.push(number),
            other => panic!("no column holds {other:?}"),
        });
        if !shown {
            return rows;
        }
        rows.push(((ids[0].try_into().unwrap(), ids[1]), numbers[0]));
    }
}

/// What there is to be seen of rows or sums.
type Numbers = Vec<(Key, i64)>;

/// Rows, and the sum of them.
fn taken(mut built: Box<dyn Build>) -> (Numbers, Numbers) {
    let mut tables = built.take().tables();
    let names: Vec<_> = tables.iter().map(|table| table.name()).collect();
    assert_eq!(names, ["bests", "totals"]);
    assert_eq!(built.bytes(), 0);
    let mut all = tables.iter_mut().map(|table| rows(&mut **table));
    (all.next().unwrap(), all.next().unwrap())
}

/// Some of them refused, some of several leads.
fn history() -> impl Strategy<Value = Vec<LedgerEvent>> {
    let lead = 1..12_u128;
    let scored =
        (lead.clone(), prop_oneof![9 => 0..100_i64, 1 => Just(13)]).prop_map(|(id, score)| scored(id, score));
    let forgotten = proptest::collection::vec(lead, 1..3).prop_map(|ids| forgotten(&ids));
    proptest::collection::vec(prop_oneof![9 => scored, 1 => forgotten], 1..60)
}

/// Nothing that a fold refuses.
fn peaceful(events: &[LedgerEvent]) -> Vec<LedgerEvent> {
    folded(&HashMap::new(), events).held.iter().fold(events.to_vec(), |mut all, held| {
        all[held.index] = forgotten(&[99]);
        all
    })
}

/// As live batches have them.
fn expected(events: &[LedgerEvent]) -> (Vec<(Key, i64)>, Vec<Held>) {
    let Folded { rows, held } = folded(&HashMap::new(), events);
    let rows: BTreeMap<Key, i64> =
        rows.into_iter().filter_map(|(key, row)| Some((key, row?.score))).collect();
    (rows.into_iter().collect(), held)
}

proptest! {
    #[test]
    fn rows_and_held_events_are_those_of_a_batch(events in history()) {
        let mut built = builder(KeyPart::WHOLE);
        let took: Vec<_> = events.iter().map(|event| built.fold(event)).collect();
        let held: Vec<_> = took
            .into_iter()
            .enumerate()
            .filter_map(|(index, took)| match took {
                Took::Held(error) => Some(Held { index, error }),
                Took::Folded | Took::Passed => None,
            })
            .collect();
        let (rows, sums) = taken(built);
        prop_assert_eq!((&rows, &held), (&expected(&events).0, &expected(&events).1));
        let leads = i64::try_from(rows.len()).unwrap();
        prop_assert_eq!(sums.into_iter().map(|(_, leads)| leads).sum::<i64>(), leads);
    }

    /// Each half that is given up is built from the first event on, as a rebuild does.
    #[test]
    fn parts_together_have_the_rows_of_the_whole(events in history(), splits in proptest::collection::vec(0..60_usize, 0..4)) {
        let events = peaceful(&events);
        let (mut parts, mut all, mut splits) = (vec![KeyPart::WHOLE], BTreeMap::new(), splits);
        while let Some(part) = parts.pop() {
            let mut built = builder(part);
            for (index, event) in events.iter().enumerate() {
                built.fold(event);
                if splits.last() == Some(&index) {
                    splits.pop();
                    parts.extend(built.split());
                }
            }
            for (key, score) in taken(built).0 {
                prop_assert_eq!(all.insert(key, score), None, "one row in two parts");
            }
        }
        prop_assert_eq!(all.into_iter().collect::<Vec<_>>(), expected(&events).0);
    }
}

#[test]
fn an_event_that_can_not_be_opened_holds_those_behind_it() {
    let mut built = builder(KeyPart::WHOLE);
    assert!(built.hold(&scored(1, 50)));
    assert_eq!(built.fold(&scored(1, 60)), Took::Held(None));
    assert_eq!(built.fold(&forgotten(&[1, 2])), Took::Held(None));
    assert_eq!(built.fold(&scored(2, 60)), Took::Held(None));
    assert_eq!(built.fold(&scored(3, 60)), Took::Folded);
    assert_eq!(taken(built).0, [(key(3), 60)]);
}

#[test]
fn a_split_gives_up_rows_and_what_they_weigh() {
    let mut built = builder(KeyPart::WHOLE);
    let all: Vec<u128> = (1..200).collect();
    for lead in &all {
        built.fold(&scored(*lead, 50));
    }
    let before = built.bytes();
    let given = built.split().unwrap();
    let (kept, _) = KeyPart::WHOLE.halves().unwrap();
    assert_eq!(built.part(), kept);
    assert!(built.bytes() < before && built.bytes() > before / 4, "{} of {before}", built.bytes());
    let passed = all.iter().find(|lead| given.has(org(), key(**lead).1)).unwrap();
    assert_eq!(built.fold(&scored(*passed, 60)), Took::Passed);
    let (rows, _) = taken(built);
    assert!(rows.iter().all(|((org, id), _)| kept.has(*org, *id)));
}

/// Rows that are gone weigh nothing, and those that change weigh what they are now.
#[test]
fn what_is_held_in_memory_is_known_after_each_event() {
    let mut built = builder(KeyPart::WHOLE);
    built.fold(&scored(1, 50));
    let one = built.bytes();
    built.fold(&scored(1, 60));
    assert_eq!(built.bytes(), one);
    built.fold(&scored(2, 60));
    assert_eq!(built.bytes(), 2 * one);
    built.fold(&forgotten(&[1, 2]));
    assert_eq!(built.bytes(), 0);
}
