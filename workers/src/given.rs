//! What became of commands that nobody types: those of jobs and of reactors.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use xentri_commands::{Answer, DispatchError};
use xentri_ledger::Table;

/// Twice as many as there will be of both in the next years.
const NAMES: usize = 64;
const OUTCOMES: usize = 4;

/// Cheap to clone: all clones show the same.
#[derive(Debug, Clone)]
pub struct GivenStats(Arc<Counters>);

#[derive(Debug)]
struct Counters {
    runs: Table<AtomicU64, 1>,
    given: Table<AtomicU64, 2>,
}

/// How a command of a job or a reactor ends, as metrics have it.
const DONE: &str = "done";
/// It was not due any more, or what it was for is gone.
const REFUSED: &str = "refused";
/// It is tried again.
const FAILED: &str = "failed";

impl GivenStats {
    /// Theirs are there from the beginning, as 0: that nothing has happened yet is to be seen too.
    pub(crate) fn of(names: impl IntoIterator<Item = &'static str>) -> Self {
        let runs = Table::new(NAMES, AtomicU64::default);
        let given = Table::new(NAMES * OUTCOMES, AtomicU64::default);
        for name in names {
            runs.at([name]);
            for outcome in [DONE, REFUSED, FAILED] {
                given.at([name, outcome]);
            }
        }
        Self(Arc::new(Counters { runs, given }))
    }

    /// And one that gives no commands.
    pub(crate) fn and(self, name: &'static str) -> Self {
        self.0.runs.at([name]);
        self
    }

    /// How often each was through with what there was to do.
    pub fn runs(&self) -> Vec<(String, u64)> {
        let all = self.0.runs.all().map(|([name], count)| (name.to_owned(), count.load(Ordering::Relaxed)));
        let mut all: Vec<_> = all.collect();
        all.sort_unstable();
        all
    }

    /// By name and outcome: `done`, `refused` or `failed`.
    pub fn commands(&self) -> Vec<(String, String, u64)> {
        let all = self.0.given.all().map(|([name, outcome], count)| {
            (name.to_owned(), outcome.to_owned(), count.load(Ordering::Relaxed))
        });
        let mut all: Vec<_> = all.collect();
        all.sort_unstable();
        all
    }

    pub(crate) fn ran(&self, name: &str) {
        self.0.runs.at([name]).fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn gave(&self, name: &str, outcome: &Result<Answer, DispatchError>) {
        let word = match outcome {
            Ok(_) => DONE,
            Err(DispatchError::Refused(_) | DispatchError::OrgUnknown | DispatchError::SubjectForgotten) => {
                REFUSED
            }
            Err(_) => FAILED,
        };
        self.0.given.at([name, word]).fetch_add(1, Ordering::Relaxed);
    }
}
