//! Decisions on a subject.

use super::{Forget, Forgotten, NamedStream, Subject, SubjectCommand, SubjectError};
use crate::aggregate::{Aggregate, Decision, Facts, Halt};

/// In one event, which must fit its envelope: who is in more streams is forgotten by several, in the same append.
const MOST_STREAMS: usize = 1000;

impl Aggregate for Subject {
    type Command = SubjectCommand;
    type Error = SubjectError;

    fn decide(&self, command: SubjectCommand, facts: &Facts) -> Result<Decision<Self>, Halt<SubjectError>> {
        let SubjectCommand::Forget(Forget { reason }) = command;
        if self.forgotten {
            return Ok(Decision::nothing());
        }
        let streams = facts.streams_about_subject()?;
        if streams.is_empty() {
            return Err(SubjectError::NotFound { id: facts.stream }.into());
        }
        let parts = streams.chunks(MOST_STREAMS).map(|part| Forgotten {
            streams: part.iter().copied().map(NamedStream::from).collect(),
            reason: reason.clone(),
        });
        Ok(parts.fold(Decision::nothing(), Decision::and))
    }
}
