//! Trying parked events again: the first of a row, and then in order those that wait behind it.

use std::collections::{BTreeSet, HashSet};

use xentri_ledger::{Shard, WorkerTx};

use super::attempt::Attempt;
use super::chain::together;
use super::list::of_member_in_tx;
use super::{Parked, ParkedError, ParkedEvent, ParkedId};
use crate::runtime::{Key, MemberId};

/// What became of parked events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retried {
    /// In the read model now, or reacted to, in this order.
    pub taken: Vec<ParkedId>,
    pub failed: Vec<StillParked>,
    /// How many wait behind those.
    pub waiting: usize,
    /// What is parked in these is for another release to take.
    pub skipped: BTreeSet<MemberId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StillParked {
    pub id: ParkedId,
    pub error: String,
}

impl Parked {
    /// The event with all that it hangs together with: those before it that it waits for, and those that wait for it.
    pub async fn retry(&self, id: &ParkedId) -> Result<Retried, ParkedError> {
        let all = self.of_member(&id.of, id.shard).await?;
        let parked = all.iter().find(|parked| parked.id == *id);
        let parked = parked.ok_or_else(|| ParkedError::NotParked(id.clone()))?;
        self.taker(&id.of)?;
        let rows = Some(parked.rows().collect());
        let mut retried = Retried::default();
        self.drain(&id.of, id.shard, rows, &mut retried, &mut |_| ()).await?;
        Ok(retried)
    }

    /// Everything that is parked, or all of one projection or reactor, on all shards and in every generation. Tells `progress`
    /// after each event.
    pub async fn retry_all(
        &self,
        projection: Option<&str>,
        mut progress: impl FnMut(&Retried) + Send,
    ) -> Result<Retried, ParkedError> {
        let mut retried = Retried::default();
        for (of, shard) in self.places(projection).await? {
            if self.taker(&of).is_ok() {
                self.drain(&of, shard, None, &mut retried, &mut progress).await?;
            } else {
                retried.skipped.insert(of);
            }
        }
        Ok(retried)
    }

    async fn places(&self, projection: Option<&str>) -> Result<Vec<(MemberId, Shard)>, ParkedError> {
        let mut places = Vec::new();
        for database in self.database_shards() {
            let mut tx = WorkerTx::begin(&self.databases, database, &[]).await?;
            let query = "select distinct projection, version, generation, shard from parked_event \
                         where $1::text is null or projection = $1 order by 1, 2, 3, 4";
            let rows: Vec<(String, i32, i32, i32)> =
                sqlx::query_as(query).bind(projection).fetch_all(tx.connection()).await?;
            tx.commit().await?;
            places.extend(rows.into_iter().filter_map(|(projection, version, generation, shard)| {
                let of = MemberId { projection, version, generation };
                Some((of, Shard::new(u16::try_from(shard).ok()?)))
            }));
        }
        Ok(places)
    }

    async fn of_member(&self, of: &MemberId, shard: Shard) -> Result<Vec<ParkedEvent>, ParkedError> {
        let mut tx = WorkerTx::begin(&self.databases, shard, &[]).await?;
        let all = of_member_in_tx(tx.connection(), of, shard).await?;
        tx.commit().await?;
        Ok(all)
    }

    /// Looks again until nothing is left that was not tried: until the worker has noticed that a row is free, it parks what
    /// comes for it.
    pub(super) async fn drain(
        &self,
        of: &MemberId,
        shard: Shard,
        mut rows: Option<HashSet<Key>>,
        retried: &mut Retried,
        progress: &mut (impl FnMut(&Retried) + Send),
    ) -> Result<(), ParkedError> {
        let mut stuck: HashSet<Key> = HashSet::new();
        let mut failed = 0;
        loop {
            let all = self.of_member(of, shard).await?;
            let all = match &mut rows {
                Some(rows) => together(all, rows),
                None => all,
            };
            let (here, mut tried) = (all.len(), false);
            for parked in all {
                // Whoever waits for one that is stuck is stuck too.
                if parked.rows().any(|row| stuck.contains(&row)) {
                    stuck.extend(parked.rows());
                    continue;
                }
                tried = true;
                match self.attempt(&parked).await? {
                    Attempt::Taken => retried.taken.push(parked.id),
                    Attempt::Failed(error) => {
                        self.still_fails(&parked, &error).await?;
                        stuck.extend(parked.rows());
                        failed += 1;
                        retried.failed.push(StillParked { id: parked.id, error });
                    }
                    Attempt::NotNow => break,
                }
                progress(retried);
            }
            if !tried {
                retried.waiting += here.saturating_sub(failed);
                return Ok(());
            }
        }
    }
}
