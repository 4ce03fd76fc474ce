//! The ledger as a whole: what a process opens once and hands around.

use std::sync::Arc;
use std::time::Duration;

use crate::append::{AppendSettings, Appenders};
use crate::database::{DatabaseError, DatabaseSettings, Databases};
use crate::directory::Directory;
use crate::keys::{KeyKeeper, KeyRing};
use crate::shard_map::ShardMap;
use crate::snapshot::{SnapshotSettings, Snapshots};
use crate::states::{StateSettings, States};

/// What there is to choose; each default is a sane one.
#[derive(Debug, Clone, Default)]
pub struct LedgerSettings {
    pub databases: DatabaseSettings,
    pub append: AppendSettings,
    pub snapshots: SnapshotSettings,
    pub states: StateSettings,
}

impl LedgerSettings {
    /// Reads and appends wait for a database for as long as those do who ask: an answer is of no use to them later, and
    /// a refusal sooner is one for nothing.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.databases.patience = patience;
        self.append.patience = patience;
        self
    }
}

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ledger(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    databases: Databases,
    directory: Directory,
    appenders: Appenders,
    snapshots: Snapshots,
    states: States,
    keys: KeyRing,
}

impl Ledger {
    /// Starts the appenders and the writer of snapshots and connects to nothing yet; must be called within a Tokio runtime.
    pub fn open(
        map: ShardMap,
        keeper: Arc<dyn KeyKeeper>,
        settings: &LedgerSettings,
    ) -> Result<Self, DatabaseError> {
        let databases = Databases::new(map, &settings.databases)?;
        let directory = Directory::new(databases.clone());
        let appenders = Appenders::start(&databases, &settings.append);
        let snapshots = Snapshots::start(databases.clone(), &settings.snapshots);
        let states = States::new(databases.clone(), snapshots.clone(), &settings.states);
        let keys = KeyRing::new(databases.clone(), directory.clone(), keeper);
        Ok(Self(Arc::new(Parts { databases, directory, appenders, snapshots, states, keys })))
    }

    pub fn databases(&self) -> &Databases {
        &self.0.databases
    }

    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }

    pub fn appenders(&self) -> &Appenders {
        &self.0.appenders
    }

    pub fn snapshots(&self) -> &Snapshots {
        &self.0.snapshots
    }

    pub fn states(&self) -> &States {
        &self.0.states
    }

    /// Sealing, opening and destroying personal data.
    pub fn keys(&self) -> &KeyRing {
        &self.0.keys
    }

    /// Takes no more commands, appends those that wait, and closes all connections.
    pub async fn close(&self) {
        self.0.appenders.drain().await;
        self.0.snapshots.stop();
        self.0.databases.close().await;
    }
}
