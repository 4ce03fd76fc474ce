//! Decisions on a subject.

use super::{Forget, Forgotten, NamedStream, Subject, SubjectCommand, SubjectError};
use crate::aggregate::{Aggregate, Decision, Facts, Halt};

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
        let streams = streams.iter().copied().map(NamedStream::from).collect();
        Ok(Decision::event(Forgotten { streams, reason }))
    }
}
