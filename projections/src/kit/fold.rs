//! Events folded into rows, in memory: what a row becomes, which events are left out of it, and what sums gain and lose.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::event::LedgerEvent;
use super::projection::{FoldError, Projection};
use super::row::Row;
use super::store::Key;
use super::sum::Sum;

/// An event that is in no row: it can't be folded, or it touches a row of one that can't and came before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Among the events that were given.
    pub index: usize,
    /// None for one that only waits.
    pub error: Option<FoldError>,
}

/// Of each event the rows that it touches, each once. Most touch none, which takes no memory.
pub(super) fn touched<P: Projection>(events: &[&LedgerEvent]) -> Vec<Vec<Key>> {
    let keys = |event: &&LedgerEvent| {
        let mut keys: Vec<Key> = P::keys(event).into_iter().map(|id| (event.org(), id)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    };
    events.iter().map(keys).collect()
}

/// Of those the ones that have to be known as they were, in order and each once.
pub(super) fn read_back<P: Projection>(events: &[&LedgerEvent], touched: &[Vec<Key>]) -> Vec<Key> {
    let sums = !<P::Sum as Row>::TABLE.is_empty();
    let depends = events.iter().zip(touched).filter(|(event, _)| sums || !P::makes_anew(event));
    let mut keys: Vec<Key> = depends.flat_map(|(_, keys)| keys).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What the rows are afterwards; none where there is no row any more.
pub(super) struct Folded<R> {
    pub(super) rows: HashMap<Key, Option<R>>,
    pub(super) held: Vec<Held>,
}

/// Starts again without each event that can't be folded, so that none is there by half. Those are rare, and copying every row
/// for their sake is not.
pub(super) fn fold<P: Projection>(
    before: &HashMap<Key, P::Row>,
    events: &[&LedgerEvent],
    touched: &[Vec<Key>],
) -> Folded<P::Row> {
    let mut refused = BTreeMap::new();
    loop {
        match fold_others::<P>(before, events, touched, &refused) {
            Ok(folded) => return folded,
            Err((index, error)) => refused.insert(index, error),
        };
    }
}

fn fold_others<P: Projection>(
    before: &HashMap<Key, P::Row>,
    events: &[&LedgerEvent],
    touched: &[Vec<Key>],
    refused: &BTreeMap<usize, FoldError>,
) -> Result<Folded<P::Row>, (usize, FoldError)> {
    // Rows are large: a map that grows would move them again and again.
    let rows = HashMap::with_capacity(touched.iter().map(Vec::len).sum::<usize>().min(events.len()));
    let mut folded = Folded { rows, held: Vec::new() };
    let mut blocked: HashSet<Key> = HashSet::new();
    for (index, (event, keys)) in events.iter().zip(touched).enumerate() {
        let error = refused.get(&index).cloned();
        if error.is_some() || keys.iter().any(|key| blocked.contains(key)) {
            blocked.extend(keys);
            folded.held.push(Held { index, error });
            continue;
        }
        for key in keys {
            let row = folded.rows.entry(*key).or_insert_with(|| before.get(key).cloned());
            let next = catch_unwind(AssertUnwindSafe(|| P::fold(key.1, row.take(), event)));
            *row = next.unwrap_or(Err(FoldError::Panicked)).map_err(|error| (index, error))?;
        }
    }
    Ok(folded)
}

/// What the sums gain and lose by rows that have changed, without those for which it comes to nothing.
pub(super) fn add_up<P: Projection>(
    before: &HashMap<Key, P::Row>,
    changed: &BTreeMap<Key, Option<&P::Row>>,
) -> BTreeMap<Key, P::Sum> {
    let mut added: BTreeMap<Key, P::Sum> = BTreeMap::new();
    let mut add = |row: &P::Row, times: i64| {
        for sum in P::sums(row) {
            let all = added.entry(super::row::key(&sum)).or_insert_with(|| {
                let mut nothing = sum.clone();
                nothing.add(&sum, -1);
                nothing
            });
            all.add(&sum, times);
        }
    };
    for (key, after) in changed {
        if let Some(row) = before.get(key) {
            add(row, -1);
        }
        if let Some(row) = after {
            add(row, 1);
        }
    }
    added.retain(|_, sum| !sum.is_nothing());
    added
}
