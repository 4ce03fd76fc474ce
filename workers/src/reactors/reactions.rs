//! An event's answer, found and given: by the worker, and by whoever tries a parked one again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use thiserror::Error;
use xentri_commands::{DispatchError, Dispatcher};
use xentri_ledger::{DatabaseError, Ledger};
use xentri_projections::kit::LedgerEvent;

use super::places::ReactorPlaces;
use super::reactor::{Reaction, Reactor, reactor_names};
use crate::given::GivenStats;

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reactions {
    pub(super) ledger: Ledger,
    dispatcher: Dispatcher,
    pub(super) stats: GivenStats,
    pub(super) places: ReactorPlaces,
}

/// Why an answer was not given.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum NotGiven {
    /// Nothing is wrong with it: it may be given later.
    #[error("{0}")]
    Now(String),
    /// Trying again changes nothing.
    #[error("{0}")]
    AtAll(String),
}

impl From<DatabaseError> for NotGiven {
    fn from(error: DatabaseError) -> Self {
        Self::Now(error.to_string())
    }
}

impl Reactions {
    pub fn new(ledger: Ledger, dispatcher: Dispatcher) -> Self {
        let (stats, places) = (GivenStats::of(reactor_names()), ReactorPlaces::default());
        Self { ledger, dispatcher, stats, places }
    }

    /// Of all clones together.
    pub fn stats(&self) -> GivenStats {
        self.stats.clone()
    }

    /// Of the shards whose workers have a clone.
    pub fn places(&self) -> ReactorPlaces {
        self.places.clone()
    }

    /// Tries once.
    pub(crate) async fn react(&self, reactor: &dyn Reactor, event: &LedgerEvent) -> Result<(), NotGiven> {
        match self.answer(reactor, event).await? {
            Some(reaction) => self.give(reactor, reaction, event).await,
            None => Ok(()),
        }
    }

    pub(super) async fn answer(
        &self,
        reactor: &dyn Reactor,
        event: &LedgerEvent,
    ) -> Result<Option<Reaction>, NotGiven> {
        // An org that is erased has nothing left to do.
        let Some(org) = self.ledger.directory().find(event.org()).await? else { return Ok(None) };
        catch_unwind(AssertUnwindSafe(|| reactor.react(event, &org.settings.time_zone)))
            .map_err(|_| NotGiven::AtAll("the reactor panicked".to_owned()))
    }

    /// What is refused is done: the lead is gone, or final.
    pub(super) async fn give(
        &self,
        reactor: &dyn Reactor,
        reaction: Reaction,
        event: &LedgerEvent,
    ) -> Result<(), NotGiven> {
        let name = reactor.name();
        let given = Reaction::principal(name, event)
            .and_then(|principal| Ok((principal, reaction.request(name, event)?)))
            .map_err(|error| NotGiven::AtAll(error.to_string()))?;
        let given = self.dispatcher.dispatch(&given.0, given.1).await;
        self.stats.gave(name, &given);
        match given {
            Ok(_)
            | Err(DispatchError::Refused(_) | DispatchError::OrgUnknown | DispatchError::SubjectForgotten) => {
                Ok(())
            }
            Err(error) if is_transient(&error) => Err(NotGiven::Now(error.to_string())),
            Err(error) => Err(NotGiven::AtAll(format!("its command fails: {error}"))),
        }
    }
}

/// Whether time alone may mend it.
fn is_transient(error: &DispatchError) -> bool {
    use DispatchError as E;
    match error {
        E::Contended | E::Overloaded | E::Unavailable | E::OutcomeUnknown | E::ShuttingDown => true,
        E::Refused(_)
        | E::NotAuthorized { .. }
        | E::OrgUnknown
        | E::ExternalIdTaken
        | E::SubjectForgotten
        | E::VersionMismatch { .. }
        | E::KeyReused
        | E::OccurredAhead
        | E::EventTooLarge { .. }
        | E::Internal => false,
    }
}
