//! Events that a read model could not take, or to which no reactor could react, and those that wait behind them: listed,
//! shown, tried again, or left out for good.
//!
//! Works beside running workers: whoever changes a row holds its shard's checkpoint, so that nobody else writes it meanwhile,
//! and the worker looks again before it writes. Not here: how an event comes to be parked (`runtime`).

mod attempt;
mod chain;
mod discard;
mod entry;
mod error;
mod list;
mod retry;
mod tally;

use std::sync::Arc;

use xentri_ledger::{Databases, KeyRing, Shard};
use xentri_projections::kit::ReadModel;

use crate::reactors::{Reactions, Reactor, reactor_of};
use crate::runtime::MemberId;

pub use discard::Discard;
pub use entry::{ParkedEvent, ParkedId, Shown};
pub use error::ParkedError;
pub use list::{ParkedFilter, ParkedPage};
pub use retry::{Retried, StillParked};
pub use tally::{ParkedCounts, ParkedTally};

/// Of all shards.
pub struct Parked {
    databases: Databases,
    keys: KeyRing,
    models: Vec<Arc<dyn ReadModel>>,
    reactions: Option<Reactions>,
}

/// Who takes a parked event.
#[derive(Clone, Copy)]
enum Taker<'a> {
    Model(&'a dyn ReadModel),
    Reactor(&'static dyn Reactor, &'a Reactions),
}

impl Parked {
    pub fn new(databases: Databases, keys: KeyRing, models: Vec<Arc<dyn ReadModel>>) -> Self {
        Self { databases, keys, models, reactions: None }
    }

    /// Tries again what reactors could not do, too.
    #[must_use]
    pub fn with_reactions(self, reactions: Reactions) -> Self {
        Self { reactions: Some(reactions), ..self }
    }

    /// One shard of each database stands for all that it keeps.
    fn database_shards(&self) -> Vec<Shard> {
        let databases = self.databases.shard_map().databases();
        databases.iter().filter_map(|database| database.shards.first().copied()).collect()
    }

    fn taker(&self, of: &MemberId) -> Result<Taker<'_>, ParkedError> {
        let named =
            |model: &&Arc<dyn ReadModel>| model.name() == of.projection && model.version() == of.version;
        let model = self.models.iter().find(named).map(|model| Taker::Model(&**model));
        let reactor = || Some(Taker::Reactor(reactor_of(of)?, self.reactions.as_ref()?));
        model.or_else(reactor).ok_or_else(|| ParkedError::NobodyTakes(of.clone()))
    }
}
