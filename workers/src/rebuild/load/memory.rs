//! What rows take in memory, of all passes together, and so how many passes there may be at once.
//!
//! How much a shard will take is not known before it is read, but shards are alike: what an event has come to so far says it well
//! enough. Where it does not, a pass gives up some of its rows.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Until it is known what events come to.
const AT_FIRST: usize = 2;

pub(in super::super) struct Memory {
    most: usize,
    claims: AtomicUsize,
    held: AtomicUsize,
    /// What a thousand events came to.
    of_thousand: AtomicU64,
}

/// What one pass holds, until it is dropped.
pub(super) struct Claim<'a> {
    memory: &'a Memory,
    held: usize,
}

impl Memory {
    pub(in super::super) fn of(most: usize) -> Self {
        let none = AtomicUsize::default;
        Self { most, claims: none(), held: none(), of_thousand: AtomicU64::default() }
    }

    pub(super) fn claim(&self) -> Claim<'_> {
        self.claims.fetch_add(1, Ordering::Relaxed);
        Claim { memory: self, held: 0 }
    }

    /// Whether the rows of so many events will fit, of all passes that would then be under way.
    pub(super) fn is_enough(&self, passes: usize, events: u64) -> bool {
        match self.of_thousand.load(Ordering::Relaxed) {
            0 => passes <= AT_FIRST,
            bytes => u128::from(events) * u128::from(bytes) / 1000 <= self.most as u128,
        }
    }
}

impl Claim<'_> {
    /// All rows of so many events came to so many bytes.
    pub(super) fn weigh(&self, bytes: usize, events: u64) {
        let of_thousand = bytes as u128 * 1000 / u128::from(events.max(1));
        self.memory.of_thousand.store(u64::try_from(of_thousand).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// It holds so many bytes by now. True if it has to hold less; where all hold too much, those do that have more than others.
    pub(super) fn is_too_much(&mut self, bytes: usize) -> bool {
        let Memory { most, claims, held, .. } = self.memory;
        let more = bytes.wrapping_sub(self.held);
        self.held = bytes;
        // Wraps where there is less.
        let all = held.fetch_add(more, Ordering::Relaxed).wrapping_add(more);
        all > *most && bytes > *most / claims.load(Ordering::Relaxed).max(1)
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.memory.held.fetch_sub(self.held, Ordering::Relaxed);
        self.memory.claims.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_alone_may_have_it_all() {
        let memory = Memory::of(100);
        let mut claim = memory.claim();
        assert!(!claim.is_too_much(100));
        assert!(claim.is_too_much(101));
        assert!(!claim.is_too_much(50), "half of it was given up");
    }

    #[test]
    fn of_several_those_give_up_that_have_more() {
        let memory = Memory::of(100);
        let (mut large, mut small) = (memory.claim(), memory.claim());
        assert!(!large.is_too_much(90));
        assert!(!small.is_too_much(10));
        assert!(!small.is_too_much(50), "another has more");
        assert!(large.is_too_much(90));
        assert!(!large.is_too_much(45));
        drop(small);
        assert!(!large.is_too_much(100), "what another had is free with its end");
    }

    #[test]
    fn as_many_may_come_as_fit_by_what_events_came_to() {
        let memory = Memory::of(1000);
        assert!(memory.is_enough(2, 1_000_000) && !memory.is_enough(3, 1), "nothing is known yet");
        memory.claim().weigh(200, 2000);
        assert!(memory.is_enough(4, 10_000));
        assert!(!memory.is_enough(2, 10_100));
    }
}
