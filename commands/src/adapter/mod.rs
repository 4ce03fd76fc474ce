//! The domain's aggregates as cqrs-es knows aggregates: its test tools work on them, and its framework can run one
//! command on the ledger.
//!
//! The product's own commands do not come this way but by dispatch, which has receipts to look for, lanes and a cache.
//! The domain knows nothing of this folder, nothing else here knows the framework, and an org is made by dispatch alone.

mod event;
mod services;
mod store;

#[cfg(test)]
mod tests;

use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use xentri_domain::aggregate::{Aggregate, Stream, Unread};
use xentri_domain::registry::Command;
use xentri_ledger::{LoadError, NotAuthorized};

pub use event::Happened;
pub use services::Services;
pub use store::{CommandScope, NotAppended, OneCommand};

/// An aggregate of the domain, in the framework's words.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent, bound = "A: Stream")]
pub struct Adapted<A>(pub A);

/// Why a command made no events.
#[derive(Debug, Clone, Error)]
pub enum Halted<E> {
    #[error(transparent)]
    Refused(E),
    #[error(transparent)]
    NotAuthorized(NotAuthorized),
    /// A test did not give it, and there is no ledger to read it from.
    #[error("the decision needs {0:?}, which is not among the facts")]
    Unread(Unread),
    #[error(transparent)]
    NotLoaded(LoadError),
}

impl<E: PartialEq> PartialEq for Halted<E> {
    /// No error of a database is like another.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Refused(one), Self::Refused(another)) => one == another,
            (Self::NotAuthorized(one), Self::NotAuthorized(another)) => one == another,
            (Self::Unread(one), Self::Unread(another)) => one == another,
            _ => false,
        }
    }
}

impl<A: Aggregate> cqrs_es::Aggregate for Adapted<A>
where
    Command: From<A::Command>,
{
    const TYPE: &'static str = A::TYPE;
    type Command = A::Command;
    type Event = Happened<A>;
    type Error = Halted<A::Error>;
    type Services = Services;

    async fn handle(
        &mut self,
        command: A::Command,
        services: &Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        services.authorize(&command.clone().into()).map_err(Halted::NotAuthorized)?;
        let decision = services.decide(&self.0, command).await?;
        let elsewhere = decision.elsewhere.iter().map(|(stream, _)| *stream);
        services.expect(elsewhere).await.map_err(Halted::NotLoaded)?;
        for event in decision.events {
            sink.write(Happened::Here(event), self).await;
        }
        for (stream, event) in decision.elsewhere {
            sink.write(Happened::Elsewhere(stream, Box::new(event)), self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Happened<A>) {
        if let Happened::Here(event) = event {
            self.0.apply(&event);
        }
    }
}
