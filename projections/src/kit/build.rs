//! Rows made in memory, of many events one after the other: for a rebuild, and for files. Nothing is read back, so it begins
//! with the first event there is.
//!
//! Not here: which events are left out because somebody discarded them, and what becomes of those that are held.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::built::{BuiltTable, Table};
use super::event::LedgerEvent;
use super::part::KeyPart;
use super::projection::{FoldError, Projection};
use super::row::{Row, key};
use super::store::Key;
use super::sum::Sum;

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Took {
    Folded,
    /// It touches no row of this part.
    Passed,
    /// It is in no row, and neither is what touches one of its rows later. Without an error it only waits itself.
    Held(Option<FoldError>),
}

/// A read model of whatever type, as far as it has come.
pub trait Build: Send {
    /// Folds the next event, as a batch does: into all rows that it touches in this part, or into none.
    fn fold(&mut self, event: &LedgerEvent) -> Took;

    /// Holds an event that can't even be folded, and what touches one of its rows later. False when it touches none here.
    fn hold(&mut self, event: &LedgerEvent) -> bool;

    fn part(&self) -> KeyPart;

    /// Gives up half of its keys, with what was made of them: they are another part's. None when that is not possible.
    fn split(&mut self) -> Option<KeyPart>;

    /// Whether its rows may be taken at any time, because nothing touches them any more.
    fn is_ready(&self) -> bool;

    /// What it holds in memory, roughly.
    fn bytes(&self) -> usize;

    /// Takes what was made.
    fn take(&mut self) -> Box<dyn Made>;
}

/// What was made and is to be put in order, which takes a while.
pub trait Made: Send {
    /// The rows, and then the sums of them where there are any.
    fn tables(self: Box<Self>) -> Vec<Box<dyn BuiltTable>>;
}

struct Rows<P: Projection>(Vec<Box<P::Row>>);

/// Builds the rows of `P`.
struct Builder<P: Projection> {
    part: KeyPart,
    /// Each by itself: rows are large, and a map that grows would move them again and again.
    rows: HashMap<Key, Box<P::Row>>,
    /// Of the rows.
    bytes: usize,
    blocked: HashSet<Key>,
}

impl<P: Projection> Builder<P> {
    /// A row's entry, and what allocating it takes.
    const ENTRY: usize = 2 * size_of::<(Key, usize)>() + 16;

    fn of(part: KeyPart) -> Self {
        Self { part, rows: HashMap::new(), bytes: 0, blocked: HashSet::new() }
    }

    fn weight(row: &P::Row) -> usize {
        Self::ENTRY + size_of::<P::Row>() + row.heap()
    }

    /// Each key once. Most events have one.
    fn keys(event: &LedgerEvent) -> Vec<Key> {
        let mut keys: Vec<Key> = P::keys(event).into_iter().map(|id| (event.org(), id)).collect();
        if keys.len() > 1 {
            keys.sort_unstable();
            keys.dedup();
        }
        keys
    }

    fn is_ours(&self, (org, id): &Key) -> bool {
        self.part.has(*org, *id)
    }

    fn put(&mut self, key: Key, row: Option<P::Row>) {
        let weight = row.as_ref().map_or(0, Self::weight);
        let before = match (self.rows.get_mut(&key), row) {
            (Some(kept), Some(row)) => Some(std::mem::replace(&mut **kept, row)),
            (None, Some(row)) => self.rows.insert(key, Box::new(row)).map(|row| *row),
            (_, None) => self.rows.remove(&key).map(|row| *row),
        };
        self.bytes += weight;
        self.bytes -= before.map_or(0, |row| Self::weight(&row));
    }

    fn block(&mut self, keys: Vec<Key>, error: Option<FoldError>) -> Took {
        self.blocked.extend(keys);
        Took::Held(error)
    }
}

impl<P: Projection> Build for Builder<P> {
    fn fold(&mut self, event: &LedgerEvent) -> Took {
        let keys = Self::keys(event);
        if !keys.iter().any(|key| self.is_ours(key)) {
            return Took::Passed;
        }
        if !self.blocked.is_empty() && keys.iter().any(|key| self.blocked.contains(key)) {
            return self.block(keys, None);
        }
        let mut after: Vec<(Key, Option<P::Row>)> = Vec::with_capacity(keys.len());
        for key in keys.iter().filter(|key| self.is_ours(key)) {
            // A copy, for a fold that fails leaves the row as it was.
            let row = self.rows.get(key).map(|row| (**row).clone());
            let folded = catch_unwind(AssertUnwindSafe(|| P::fold(key.1, row, event)));
            match folded.unwrap_or(Err(FoldError::Panicked)) {
                Ok(row) => after.push((*key, row)),
                Err(error) => return self.block(keys, Some(error)),
            }
        }
        for (key, row) in after {
            self.put(key, row);
        }
        Took::Folded
    }

    fn hold(&mut self, event: &LedgerEvent) -> bool {
        let keys = Self::keys(event);
        let ours = keys.iter().any(|key| self.is_ours(key));
        if ours {
            self.blocked.extend(keys);
        }
        ours
    }

    fn part(&self) -> KeyPart {
        self.part
    }

    fn split(&mut self) -> Option<KeyPart> {
        // Of a single row nothing can be given up.
        let (kept, given) = self.part.halves().filter(|_| self.rows.len() > 1)?;
        self.part = kept;
        let mut bytes = 0;
        self.rows.retain(|(org, id), row| {
            let ours = kept.has(*org, *id);
            bytes += if ours { Self::weight(row) } else { 0 };
            ours
        });
        self.rows.shrink_to_fit();
        self.bytes = bytes;
        Some(given)
    }

    fn is_ready(&self) -> bool {
        P::ONCE
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    fn take(&mut self) -> Box<dyn Made> {
        self.bytes = 0;
        let rows = std::mem::take(&mut self.rows).into_values();
        Box::new(Rows::<P>(rows.collect()))
    }
}

impl<P: Projection> Rows<P> {
    /// Of all rows, without those that come to nothing.
    fn sums(&self) -> Vec<Box<P::Sum>> {
        let mut sums: HashMap<Key, Box<P::Sum>> = HashMap::new();
        for sum in self.0.iter().flat_map(|row| P::sums(row)) {
            match sums.get_mut(&key(&sum)) {
                Some(all) => all.add(&sum, 1),
                None => drop(sums.insert(key(&sum), Box::new(sum))),
            }
        }
        sums.into_values().filter(|sum| !sum.is_nothing()).collect()
    }
}

impl<P: Projection> Made for Rows<P> {
    fn tables(self: Box<Self>) -> Vec<Box<dyn BuiltTable>> {
        let sums = self.sums();
        let mut tables: Vec<Box<dyn BuiltTable>> = vec![Box::new(Table::of(self.0))];
        if !<P::Sum as Row>::TABLE.is_empty() {
            tables.push(Box::new(Table::of(sums)));
        }
        tables
    }
}

/// For whoever goes on with a part.
pub(super) fn builder<P: Projection>(part: KeyPart) -> Box<dyn Build> {
    Box::new(Builder::<P>::of(part))
}
