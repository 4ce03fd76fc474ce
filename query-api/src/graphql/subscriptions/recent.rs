//! What a shape has to give: the last events in their words, or the rows as they are now.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use uuid::Uuid;

/// What is sent at once.
const AT_ONCE: usize = 100;
const BYTES_AT_ONCE: usize = 128 << 10;

/// A value in the words of an operation, as JSON.
pub(super) type Payload = Arc<str>;

/// Everything behind `from` up to `upto` that the shape shows.
#[derive(Debug)]
pub(super) struct Recent {
    from: u64,
    upto: u64,
    events: VecDeque<(u64, Payload)>,
    bytes: usize,
}

/// Payloads, and the event up to which there are no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) payloads: Vec<Payload>,
    pub(super) upto: u64,
}

impl Recent {
    pub(super) fn new(from: u64) -> Self {
        Self { from, upto: from, events: VecDeque::new(), bytes: 0 }
    }

    pub(super) fn upto(&self) -> u64 {
        self.upto
    }

    /// With so many bytes at the most. What is here already is not taken again.
    pub(super) fn push(&mut self, mut events: Vec<(u64, Payload)>, upto: u64, room: usize) {
        events.retain(|(seq, _)| *seq > self.upto);
        self.bytes += events.iter().map(|(_, payload)| payload.len()).sum::<usize>();
        self.events.extend(events);
        self.upto = self.upto.max(upto);
        while self.bytes > room {
            let Some((seq, payload)) = self.events.pop_front() else { return };
            self.bytes -= payload.len();
            self.from = seq;
        }
    }

    /// What comes behind that event, as much as is sent at once; None where it is not kept.
    pub(super) fn behind(&self, after: u64) -> Option<Part> {
        if after < self.from {
            return None;
        }
        let first = self.events.partition_point(|(seq, _)| *seq <= after);
        let (mut payloads, mut bytes) = (Vec::new(), 0);
        for (seq, payload) in self.events.range(first..) {
            bytes += payload.len();
            payloads.push(payload.clone());
            if payloads.len() == AT_ONCE || bytes >= BYTES_AT_ONCE {
                return Some(Part { payloads, upto: *seq });
            }
        }
        Some(Part { payloads, upto: self.upto.max(after) })
    }
}

/// Each row with the number of its last change, in the order of rows; those that are gone are not there.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: Vec<(Uuid, u64, Payload)>,
    changes: u64,
}

/// What somebody has seen of rows.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// All changes up to there, as far as they are shown still.
    upto: u64,
    /// As long as somebody is shown what was there when they came: what of it they have.
    begins: Option<HashSet<Uuid>>,
}

impl Rows {
    /// As they are now. Whether anything is another than before.
    pub(super) fn become_now(&mut self, now: Vec<(Uuid, Payload)>) -> bool {
        let before = std::mem::take(&mut self.rows);
        let known: HashMap<Uuid, (u64, Payload)> =
            before.into_iter().map(|(id, change, payload)| (id, (change, payload))).collect();
        let changes = self.changes;
        for (id, payload) in now {
            let same = known.get(&id).filter(|(_, before)| *before == payload).map(|(change, _)| *change);
            let change = same.unwrap_or_else(|| {
                self.changes += 1;
                self.changes
            });
            self.rows.push((id, change, payload));
        }
        self.changes > changes
    }

    /// Those that somebody has not seen as they are, as many as are sent at once: what is there in its order, and after that what has
    /// changed since, the oldest change first. So a place in the changes is all that is remembered of somebody.
    pub(super) fn unseen(&self, seen: &mut Seen) -> Vec<Payload> {
        if let Some(begins) = &mut seen.begins {
            let first =
                self.rows.iter().filter(|(id, change, _)| *change <= seen.upto && !begins.contains(id));
            let (payloads, sent) = at_once(first);
            if !payloads.is_empty() {
                begins.extend(sent.iter().map(|(id, _)| *id));
                return payloads;
            }
            seen.begins = None;
        }
        let mut changed: Vec<_> = self.rows.iter().filter(|(_, change, _)| *change > seen.upto).collect();
        changed.sort_unstable_by_key(|(_, change, _)| *change);
        let (payloads, sent) = at_once(changed);
        seen.upto = sent.last().map_or(seen.upto, |(_, change)| *change);
        payloads
    }

    /// For somebody who has seen nothing.
    pub(super) fn begin(&self) -> Seen {
        Seen { upto: self.changes, begins: Some(HashSet::new()) }
    }
}

/// In bytes: a row besides its text, here and for whoever it is sent to.
const ROW: usize = 128;

/// How much rows take.
pub(super) fn weight(rows: &[(Uuid, Payload)]) -> usize {
    rows.iter().map(|(_, payload)| payload.len() + ROW).sum()
}

/// As many as are sent at once, and which these are.
fn at_once<'a>(rows: impl IntoIterator<Item = &'a (Uuid, u64, Payload)>) -> (Vec<Payload>, Vec<(Uuid, u64)>) {
    let (mut payloads, mut sent, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (id, change, payload) in rows {
        bytes += payload.len();
        payloads.push(payload.clone());
        sent.push((*id, *change));
        if payloads.len() == AT_ONCE || bytes >= BYTES_AT_ONCE {
            break;
        }
    }
    (payloads, sent)
}
