//! The worker of one shard.

use std::future::Future;
use std::sync::Arc;

use xentri_ledger::{Databases, KeyRing, Shard};
use xentri_projections::kit::ReadModel;

use super::RuntimeSettings;
use super::backoff::Backoff;
use super::group_commit::GroupCommit;
use super::load::Models;
use super::member::Member;
use super::session::Session;
use super::status::RuntimeStatus;
use super::transaction::Ledger;
use crate::feed::{Feed, FeedError, Place, TopicPlace};

/// Opens a shard's feed after a place, and in the topic where one is named and still there.
pub trait OpenFeed: Send + Sync + 'static {
    type Feed: Feed + 'static;

    fn open(
        &self,
        shard: Shard,
        after: Place,
        topic: Option<TopicPlace>,
    ) -> impl Future<Output = Result<Self::Feed, FeedError>> + Send;
}

/// Feeds one shard's events to every generation of every read model. Several may work on one shard, after a rebalance for
/// instance: each event counts once, whoever is faster.
pub struct ShardWorker<O> {
    ledger: Ledger,
    models: Models,
    open: Arc<O>,
    status: RuntimeStatus,
    settings: RuntimeSettings,
    group_commit: Option<GroupCommit>,
}

impl<O: OpenFeed> ShardWorker<O> {
    pub fn new(
        databases: Databases,
        keys: KeyRing,
        shard: Shard,
        models: Vec<Arc<dyn ReadModel>>,
        open: Arc<O>,
    ) -> Self {
        let ledger = Ledger { databases, keys, shard };
        let (models, status) = (Arc::new(models), RuntimeStatus::new());
        Self { ledger, models, open, status, settings: RuntimeSettings::default(), group_commit: None }
    }

    #[must_use]
    pub fn with_settings(self, settings: RuntimeSettings) -> Self {
        Self { settings, ..self }
    }

    /// Shows how it does in a status that others show too.
    #[must_use]
    pub fn with_status(self, status: RuntimeStatus) -> Self {
        Self { status, ..self }
    }

    /// Commits what is little together with the workers of other shards.
    #[must_use]
    pub fn with_group_commit(self, group_commit: GroupCommit) -> Self {
        Self { group_commit: Some(group_commit), ..self }
    }

    /// Works until it is told to stop. Dropped, it leaves a transaction behind that is rolled back, and no more.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        tokio::select! {
            () = stop => {}
            () = self.work() => {}
        }
    }

    async fn work(&self) {
        let mut backoff = Backoff::new(&self.settings);
        loop {
            let members = self.load(&mut backoff).await;
            if members.is_empty() {
                tokio::time::sleep(self.settings.refresh).await;
                continue;
            }
            self.status.begin(self.ledger.shard, &members);
            let mut session = Session::new(
                self.ledger.clone(),
                self.models.clone(),
                self.settings,
                self.status.clone(),
                self.group_commit.clone(),
                members,
            );
            if session.run(self.open.clone()).await {
                backoff.succeeded();
            } else {
                backoff.wait().await;
            }
        }
    }

    async fn load(&self, backoff: &mut Backoff) -> Vec<Member> {
        loop {
            match self.ledger.load(&self.models).await {
                Ok(members) => return members,
                Err(error) => {
                    tracing::warn!(shard = self.ledger.shard.number(), %error, "checkpoints can't be read");
                    backoff.wait().await;
                }
            }
        }
    }
}
