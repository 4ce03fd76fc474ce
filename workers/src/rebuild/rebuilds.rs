//! Rebuilds from their first event to the swap, and what else is done about them.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;
use xentri_ledger::{Databases, KeyRing, Shard, WorkerTx};
use xentri_projections::kit::ReadModel;

use super::book::{Phase, RebuildEntry, Wish, entries_in_tx, running_in_tx, wish_in_tx};
use super::clear::clear;
use super::everywhere::Everywhere;
use super::lock::Lock;
use super::progress::ProgressSender;
use super::rebuilt::Rebuilt;
use super::swap::Swap;
use super::{RebuildError, RebuildSettings};
use crate::runtime::MemberId;

/// Of all databases. One process rebuilds a read model at a time.
pub struct Rebuilds {
    pub(super) databases: Databases,
    pub(super) keys: KeyRing,
    pub(super) models: Vec<Arc<dyn ReadModel>>,
    pub(super) settings: RebuildSettings,
}

/// What somebody asks for.
#[derive(Debug, Clone)]
pub struct Request {
    pub projections: Vec<String>,
    pub requested_by: String,
    /// What was swapped for it is not made once more.
    pub order: Option<Uuid>,
    /// Go on with what was begun, and begin nothing.
    pub only_resume: bool,
    /// Swap although it differs, where the version is new or somebody has seen the difference.
    pub accept: bool,
    /// Keep what differs, for somebody to look at.
    pub keep: bool,
}

impl Rebuilds {
    pub fn new(databases: Databases, keys: KeyRing, models: Vec<Arc<dyn ReadModel>>) -> Self {
        Self { databases, keys, models, settings: RebuildSettings::default() }
    }

    #[must_use]
    pub fn with_settings(self, settings: RebuildSettings) -> Self {
        Self { settings, ..self }
    }

    /// The same, with so many events a second.
    pub(super) fn paced(&self, throttle: Option<u32>) -> Self {
        Self {
            databases: self.databases.clone(),
            keys: self.keys.clone(),
            models: self.models.clone(),
            settings: RebuildSettings {
                throttle: throttle.or(self.settings.throttle),
                ..self.settings.clone()
            },
        }
    }

    /// Makes them anew and swaps. Where it was interrupted it goes on. Where one differs, in whatever database, none is swapped.
    pub async fn run(
        &self,
        request: &Request,
        progress: &ProgressSender,
    ) -> Result<Vec<Rebuilt>, RebuildError> {
        let models: Vec<_> =
            request.projections.iter().map(|name| self.model(name)).collect::<Result<_, _>>()?;
        let rebuilt = Everywhere::new(self, &models, request, progress).run().await?;
        match request.projections.first() {
            Some(name) if rebuilt.is_empty() && request.only_resume => {
                Err(RebuildError::NothingToResume(name.clone()))
            }
            _ => Ok(rebuilt),
        }
    }

    /// Every rebuild that was ever asked for, with one shard of the database that it is of.
    pub async fn list(&self) -> Result<Vec<(Shard, RebuildEntry)>, RebuildError> {
        let mut all = Vec::new();
        for first in self.firsts() {
            let mut tx = WorkerTx::begin(&self.databases, first, &[]).await?;
            let entries = entries_in_tx(tx.connection()).await?;
            tx.commit().await?;
            all.extend(entries.into_iter().map(|entry| (first, entry)));
        }
        Ok(all)
    }

    /// How many there are.
    pub fn databases(&self) -> usize {
        self.databases.shard_map().databases().len()
    }

    /// The number of the database that the shard is in, from one, in the order in which they are named.
    pub fn database_of(&self, shard: Shard) -> usize {
        let databases = self.databases.shard_map().databases();
        databases.iter().take_while(|database| !database.shards.contains(&shard)).count() + 1
    }

    /// Asks whoever does it to pause.
    pub async fn pause(&self, name: &str) -> Result<(), RebuildError> {
        self.model(name)?;
        if self.wish(name, Wish::Pause).await? {
            return Ok(());
        }
        Err(RebuildError::NothingUnderWay(name.to_owned()))
    }

    /// Ends it and drops what was made of it: whoever does it, or, once nobody does, this one.
    pub async fn cancel(&self, name: &str) -> Result<Vec<MemberId>, RebuildError> {
        self.model(name)?;
        let under_way = self.under_way(name).await?;
        if under_way.is_empty() {
            return Err(RebuildError::NothingUnderWay(name.to_owned()));
        }
        self.wish(name, Wish::Cancel).await?;
        for (first, _) in &under_way {
            let _lock = self.lock(*first, name).await?;
            // Whoever did it may have cleared it away.
            for (of, id) in self.under_way(name).await? {
                if of == *first {
                    clear(&self.databases, of, &id).await?;
                }
            }
        }
        Ok(under_way.into_iter().map(|(_, id)| id).collect())
    }

    async fn under_way(&self, name: &str) -> Result<Vec<(Shard, MemberId)>, RebuildError> {
        let ours = |entry: &RebuildEntry| entry.id.projection == name && entry.phase.is_under_way();
        let all = self.list().await?.into_iter().filter(|(_, entry)| ours(entry));
        Ok(all.map(|(first, entry)| (first, entry.id)).collect())
    }

    /// Readers see again what they saw before the last rebuild.
    pub async fn roll_back(&self, name: &str) -> Result<Vec<(MemberId, Duration)>, RebuildError> {
        self.model(name)?;
        let mut returned = Vec::new();
        for first in self.firsts() {
            let _lock = self.lock(first, name).await?;
            let Some((entry, to)) = self.returnable(first, name).await? else { continue };
            let swap = Swap {
                databases: &self.databases,
                shard: first,
                of: &entry.id,
                to: &to,
                from: Some(&entry.id),
                phase: Phase::Returned,
                order: None,
                grace: self.settings.grace,
                patience: self.settings.patience,
            };
            let locked = swap.swap(None).await?;
            returned.push((to, locked));
        }
        if returned.is_empty() {
            return Err(RebuildError::NothingToReturnTo(name.to_owned()));
        }
        Ok(returned)
    }

    async fn returnable(
        &self,
        first: Shard,
        name: &str,
    ) -> Result<Option<(RebuildEntry, MemberId)>, RebuildError> {
        let mut tx = WorkerTx::begin(&self.databases, first, &[]).await?;
        let entries = entries_in_tx(tx.connection()).await?;
        let states: Vec<(i32, i32, String)> = sqlx::query_as(
            "select version, generation, state from projection_generation where projection = $1",
        )
        .bind(name)
        .fetch_all(tx.connection())
        .await?;
        tx.commit().await?;
        let is = |id: &MemberId, state: &str| {
            states.iter().any(|(version, generation, is)| {
                (*version, *generation) == (id.version, id.generation) && is == state
            })
        };
        let of_entry = |entry: RebuildEntry| {
            let to = entry.replaced()?;
            let fits = entry.phase == Phase::Grace && is(&entry.id, "live") && is(&to, "grace");
            (entry.id.projection == name && fits).then_some((entry, to))
        };
        Ok(entries.into_iter().rev().find_map(of_entry))
    }

    /// False where nothing of the sort is under way.
    pub(super) async fn wish(&self, name: &str, wish: Wish) -> Result<bool, RebuildError> {
        let mut told = false;
        for first in self.firsts() {
            let mut tx = WorkerTx::begin(&self.databases, first, &[]).await?;
            if running_in_tx(tx.connection(), name).await?.is_some() {
                told |= wish_in_tx(tx.connection(), name, wish).await?;
            }
            tx.commit().await?;
        }
        Ok(told)
    }

    async fn lock(&self, first: Shard, name: &str) -> Result<Lock, RebuildError> {
        const PATIENCE: Duration = Duration::from_secs(15);
        Lock::take(&self.databases, first, &[name.to_owned()], PATIENCE).await
    }

    fn model(&self, name: &str) -> Result<Arc<dyn ReadModel>, RebuildError> {
        let model = self.models.iter().find(|model| model.name() == name);
        model.cloned().ok_or_else(|| RebuildError::Unknown(name.to_owned()))
    }

    /// Of each database.
    pub(super) fn database_shards(&self) -> Vec<Vec<Shard>> {
        self.databases.shard_map().databases().iter().map(|database| database.shards.clone()).collect()
    }

    /// One shard stands for all of its database.
    fn firsts(&self) -> Vec<Shard> {
        self.database_shards().iter().filter_map(|shards| shards.first().copied()).collect()
    }
}
