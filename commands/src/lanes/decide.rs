//! Asking the domain, whichever aggregate it is.

use xentri_domain::aggregate::{Aggregate, Facts, Halt, StreamRef};
use xentri_domain::registry::{Command, CommandVisitor, Event};

use crate::dispatch::Refused;
use crate::streams::State;

/// Own events first.
pub(super) type Decided = Result<Vec<(StreamRef, Event)>, Halt<Refused>>;

pub(super) fn decide(command: Command, state: &State, facts: &Facts) -> Decided {
    command.visit(Decide { state, facts })
}

struct Decide<'a> {
    state: &'a State,
    facts: &'a Facts,
}

impl CommandVisitor for Decide<'_> {
    type Output = Decided;

    fn visit<A: Aggregate>(self, command: A::Command) -> Decided {
        let own = StreamRef::of::<A>(self.facts.stream);
        let state = self.state.of::<A>().unwrap_or_default();
        match state.decide(command, self.facts) {
            Ok(decision) => {
                let events = decision.events.into_iter().map(|event| (own, event.into()));
                Ok(events.chain(decision.elsewhere).collect())
            }
            Err(Halt::Unread(unread)) => Err(Halt::Unread(unread)),
            Err(Halt::Refused(error)) => Err(Halt::Refused(Refused::from(&error))),
        }
    }
}
