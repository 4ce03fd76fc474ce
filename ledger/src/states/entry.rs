//! One state in the cache, whatever its type, and what it weighs.

use std::any::Any;
use std::io;
use std::sync::Arc;

use xentri_domain::aggregate::Stream;

use super::fold::Loaded;

/// Key, links and counters of the cache itself, about.
const OVERHEAD: usize = 300;
/// Up to that growth an estimate is good enough, however small the state was.
const SLACK: usize = 4096;

pub(super) struct Entry {
    pub(super) version: u32,
    state: Arc<dyn Any + Send + Sync>,
    /// What it takes in memory, about: what it takes as JSON, and the struct itself.
    bytes: usize,
    /// What it took when it was last measured.
    measured: usize,
}

impl Entry {
    pub(super) fn measured<S: Stream>(loaded: Loaded<S>) -> Self {
        let measured = size_of::<S>() + json_len(&*loaded.state);
        Self { version: loaded.version, state: loaded.state, bytes: measured, measured }
    }

    /// A later state, of which it is known how long the new events are: a state hardly grows by more than they say. It is
    /// measured again only when it may have doubled since, for measuring costs as much as writing it.
    pub(super) fn grown<S: Stream>(&self, loaded: Loaded<S>, by: usize) -> Self {
        let bytes = self.bytes.saturating_add(by);
        if bytes > self.measured.saturating_mul(2).saturating_add(SLACK) {
            return Self::measured(loaded);
        }
        Self { version: loaded.version, state: loaded.state, bytes, measured: self.measured }
    }

    /// None when it is of another type than its name says.
    pub(super) fn loaded<S: Stream>(&self) -> Option<Loaded<S>> {
        let state = self.state.clone().downcast().ok()?;
        Some(Loaded { state, version: self.version })
    }

    pub(super) fn weight(&self) -> u32 {
        u32::try_from(self.bytes.saturating_add(OVERHEAD)).unwrap_or(u32::MAX)
    }
}

fn json_len(state: &impl Stream) -> usize {
    let mut counter = Counter(0);
    // A counter takes everything; what can't be written as JSON has the length up to there.
    let _written = serde_json::to_writer(&mut counter, state);
    counter.0
}

struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use xentri_domain::lead::Lead;

    use super::*;

    fn lead(version: u32, company: &str) -> Loaded<Lead> {
        let lead = Lead { company: Some(company.parse().unwrap()), ..Lead::default() };
        Loaded { state: Arc::new(lead), version }
    }

    #[test]
    fn a_state_that_grows_is_measured_again_before_its_estimate_is_far_off() {
        let mut entry = Entry::measured(lead(1, "Ada"));
        let first = entry.weight();
        for version in 2..=10_000 {
            entry = entry.grown(lead(version, "Ada"), 600);
            assert!(entry.weight() <= 2 * first + 4096 + 300, "{version}: {}", entry.weight());
        }
        assert_eq!(entry.version, 10_000);
        assert_eq!(entry.loaded::<Lead>().unwrap().state.company, lead(1, "Ada").state.company);
        assert!(entry.loaded::<xentri_domain::org::Org>().is_none());
    }
}
