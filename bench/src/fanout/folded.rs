//! A ledger whose read models have all that is in it.

use std::sync::Arc;

use xentri_testkit::TestDb;

use super::backlog::recorded;
use super::catch_up::fold;
use crate::contender::{Contender as _, Scenario};
use crate::dispatched::{Dispatched, Spread};
use crate::fill::{FILLING, fill};

/// Leads, each with the five events of its life.
pub(super) struct Folded {
    pub(super) commands: Arc<Dispatched>,
    /// Of all shards together, when it was filled.
    pub(super) events: u64,
}

impl Folded {
    pub(super) async fn fill(spread: Spread, events: u64) -> anyhow::Result<Self> {
        let commands = Arc::new(Dispatched::set_up(FILLING).await?.spread_by(spread));
        fill(&commands, Scenario::Lifecycle, events).await?;
        fold(commands.database()).await?;
        let events = recorded(&mut commands.database().connect_as_admin().await).await?;
        Ok(Self { commands, events })
    }

    pub(super) fn database(&self) -> &TestDb {
        self.commands.database()
    }
}
