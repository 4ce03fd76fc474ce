//! What becomes of commands, counted by what was asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use xentri_domain::aggregate::CommandKind;
use xentri_domain::registry::command_kinds;
use xentri_ledger::Table;

use super::{Answer, DispatchError};

/// Every command has a handful of outcomes that ever happen.
const PLACES: usize = 2048;

/// There from the beginning, as 0: whoever watches them sees the first one too.
const WATCHED: [&str; 3] = ["done", "internal", "outcome_unknown"];

/// Cheap to clone; clones show the same.
#[derive(Debug, Clone)]
pub struct Outcomes(Arc<Table<AtomicU64, 3>>);

/// Since the process began.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutcomeCount {
    pub stream_type: String,
    pub command: String,
    /// `done`, `replayed`, or the code of what kept it from being done, in small letters.
    pub outcome: String,
    pub commands: u64,
}

impl Outcomes {
    pub(super) fn new() -> Self {
        let table = Table::new(PLACES, AtomicU64::default);
        for (kind, outcome) in command_kinds().flat_map(|kind| WATCHED.map(|outcome| (kind, outcome))) {
            table.at([kind.stream_type, kind.name, outcome]);
        }
        Self(Arc::new(table))
    }

    pub(super) fn count(&self, kind: &CommandKind, outcome: &Result<Answer, DispatchError>) {
        let place = self.0.at([kind.stream_type, kind.name, word(outcome)]);
        place.fetch_add(1, Ordering::Relaxed);
    }

    /// In order.
    pub fn counts(&self) -> Vec<OutcomeCount> {
        let all = self.0.all().map(|([stream_type, command, outcome], commands)| OutcomeCount {
            stream_type: stream_type.to_owned(),
            command: command.to_owned(),
            outcome: outcome.to_owned(),
            commands: commands.load(Ordering::Relaxed),
        });
        let mut all: Vec<_> = all.collect();
        all.sort_unstable();
        all
    }
}

/// Of a closed list: an aggregate's refusals are counted by their code, whatever they say.
fn word(outcome: &Result<Answer, DispatchError>) -> &'static str {
    match outcome {
        Ok(answer) if answer.replayed => "replayed",
        Ok(_) => "done",
        Err(error) => code(error),
    }
}

fn code(error: &DispatchError) -> &'static str {
    match error {
        DispatchError::Refused(refused) => refused.code,
        DispatchError::NotAuthorized { .. } => "forbidden",
        DispatchError::OrgUnknown => "org_unknown",
        DispatchError::ExternalIdTaken => "external_id_taken",
        DispatchError::SubjectForgotten => "subject_forgotten",
        DispatchError::VersionMismatch { .. } => "version_mismatch",
        DispatchError::KeyReused => "key_reused",
        DispatchError::OccurredAhead => "occurred_ahead",
        DispatchError::EventTooLarge { .. } => "too_large",
        DispatchError::Contended => "contended",
        DispatchError::Overloaded => "overloaded",
        DispatchError::Unavailable => "unavailable",
        DispatchError::OutcomeUnknown => "outcome_unknown",
        DispatchError::ShuttingDown => "shutting_down",
        DispatchError::Internal => "internal",
    }
}
