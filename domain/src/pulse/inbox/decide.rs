//! Decisions on an inbox.

use super::{Dismiss, Dismissed, Inbox, InboxCommand, InboxError};
use crate::aggregate::{Aggregate, Decision, Facts, Halt};

impl Aggregate for Inbox {
    type Command = InboxCommand;
    type Error = InboxError;

    fn decide(&self, command: InboxCommand, facts: &Facts) -> Result<Decision<Self>, Halt<InboxError>> {
        let InboxCommand::Dismiss(Dismiss { scope, item_id }) = command;
        if facts.principal.actor().user().is_none() {
            return Err(InboxError::NotAUser { actor: facts.principal.actor().clone() }.into());
        }
        if self.dismissed.contains(&item_id) {
            return Ok(Decision::nothing());
        }
        Ok(Decision::event(Dismissed { item_id, scope }))
    }
}
