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

    /// With so many bytes at the most, the newest aside. What is here already is not taken again.
    pub(super) fn push(&mut self, mut events: Vec<(u64, Payload)>, upto: u64, room: usize) {
        events.retain(|(seq, _)| *seq > self.upto);
        self.bytes += events.iter().map(|(_, payload)| payload.len()).sum::<usize>();
        self.events.extend(events);
        self.upto = self.upto.max(upto);
        while self.bytes > room && self.events.len() > 1 {
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

/// Each row with the number of its last change; those that are gone are not there.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: Vec<(Uuid, u64, Payload)>,
    changes: u64,
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

    /// Those that somebody has not seen as they are who has seen these changes, as many as are sent at once.
    pub(super) fn unseen(&self, seen: &mut HashMap<Uuid, u64>) -> Vec<Payload> {
        // A row that is back has another change, so those that are gone take up memory and nothing else.
        if seen.len() > self.rows.len() {
            let there: HashSet<Uuid> = self.rows.iter().map(|(id, ..)| *id).collect();
            seen.retain(|id, _| there.contains(id));
        }
        let (mut payloads, mut bytes) = (Vec::new(), 0);
        for (id, change, payload) in &self.rows {
            if payloads.len() == AT_ONCE || bytes >= BYTES_AT_ONCE {
                break;
            }
            if seen.insert(*id, *change) != Some(*change) {
                bytes += payload.len();
                payloads.push(payload.clone());
            }
        }
        payloads
    }
}
