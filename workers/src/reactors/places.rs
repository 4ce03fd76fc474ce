//! How far reactors have come in the shards that are led here, for whoever watches them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xentri_ledger::Shard;

use super::reactor::Reactor;
use crate::feed::Place;

type Places = BTreeMap<(Shard, &'static str), Place>;

/// Cheap to clone: all clones show the same.
#[derive(Debug, Clone, Default)]
pub struct ReactorPlaces(Arc<Mutex<Places>>);

impl ReactorPlaces {
    /// By shard and reactor.
    pub fn all(&self) -> BTreeMap<(Shard, &'static str), Place> {
        self.places().clone()
    }

    pub(super) fn see(&self, shard: Shard, reactor: &dyn Reactor, place: Place) {
        self.places().insert((shard, reactor.name()), place);
    }

    /// Shows a shard for as long as the value lives: where another process takes it further is not told from here.
    pub(super) fn show(&self, shard: Shard) -> Shown {
        Shown { places: self.clone(), shard }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        // Nothing under the lock can panic half way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Shown {
    places: ReactorPlaces,
    shard: Shard,
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.places.places().retain(|(shard, _), _| *shard != self.shard);
    }
}
