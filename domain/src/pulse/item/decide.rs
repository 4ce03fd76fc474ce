//! Decisions on an item.

use super::{Item, ItemCommand, ItemError, Promote, Promoted, Raise, Raised};
use crate::aggregate::{Aggregate, Decision, Facts, Halt};
use crate::kernel::{PulseItemId, Scope};

type Decided = Result<Decision<Item>, Halt<ItemError>>;

impl Aggregate for Item {
    type Command = ItemCommand;
    type Error = ItemError;

    fn decide(&self, command: ItemCommand, facts: &Facts) -> Decided {
        match command {
            ItemCommand::Raise(raise) => self.raise(raise, facts),
            ItemCommand::Promote(promote) => self.promote(&promote, facts),
        }
    }
}

impl Item {
    fn raise(&self, raise: Raise, facts: &Facts) -> Decided {
        if *self != Self::default() {
            return Err(ItemError::AlreadyExists { id: facts.stream }.into());
        }
        if let Some(expires_at) = raise.expires_at {
            if expires_at <= facts.now {
                return Err(ItemError::InThePast { pointer: "/expires_at" }.into());
            }
            if raise.visible_from.is_some_and(|visible_from| expires_at <= visible_from) {
                return Err(ItemError::BeforeItsStart { pointer: "/expires_at" }.into());
            }
        }
        Ok(Decision::event(Raised::from(raise)))
    }

    fn promote(&self, promote: &Promote, facts: &Facts) -> Decided {
        let Promote { from, scope, importance } = *promote;
        self.require_at(from, facts)?;
        if scope == from || !scope.covers(from) {
            return Err(ItemError::NotAbove { from, scope }.into());
        }
        if self.promoted.get(&scope) == Some(&importance) {
            return Ok(Decision::nothing());
        }
        let item_id = PulseItemId::promoted(facts.stream.into(), scope);
        Ok(Decision::event(Promoted { item_id, from, scope, importance }))
    }

    /// That the item is there to be promoted, as far as can be known here.
    fn require_at(&self, from: Scope, facts: &Facts) -> Result<(), ItemError> {
        let id = facts.stream;
        match &self.raised {
            Some(raised) if raised.expires_at.is_some_and(|expires_at| expires_at <= facts.now) => {
                Err(ItemError::Expired { id })
            }
            Some(raised) if raised.scope != from => Err(ItemError::Elsewhere { id, scope: raised.scope }),
            None if !id.is_natural() => Err(ItemError::NotFound { id }),
            Some(_) | None => Ok(()),
        }
    }
}

impl From<Raise> for Raised {
    fn from(raise: Raise) -> Self {
        Self {
            scope: raise.scope,
            importance: raise.importance,
            title: raise.title,
            summary: raise.summary,
            action_required: raise.action_required,
            action_url: raise.action_url,
            visible_from: raise.visible_from,
            expires_at: raise.expires_at,
        }
    }
}
