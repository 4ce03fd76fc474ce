//! One process rebuilds a read model at a time.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use xentri_ledger::{Databases, Shard, WorkerTx};

use super::RebuildError;

const CLASS: i32 = 1_480_937_046;
/// Sooner than Postgres ends a transaction that does nothing.
const PULSE: Duration = Duration::from_secs(5);
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// Held by a transaction that reads and writes nothing, so it keeps nothing from being cleared away; it ends with the process.
/// Where the connection is lost, so may be the lock: that nothing is loaded twice is seen to by each unit.
pub(super) struct Lock {
    _holding: JoinSet<()>,
}

impl Lock {
    /// Waits a little for whoever has it: a process that was killed a moment ago, or is asked to end.
    pub(super) async fn take(
        databases: &Databases,
        shard: Shard,
        names: &[String],
        patience: Duration,
    ) -> Result<Self, RebuildError> {
        let begun = Instant::now();
        loop {
            match Self::try_take(databases, shard, names).await {
                Err(RebuildError::Running(_)) if begun.elapsed() < patience => sleep(BETWEEN_TRIES).await,
                other => return other,
            }
        }
    }

    async fn try_take(databases: &Databases, shard: Shard, names: &[String]) -> Result<Self, RebuildError> {
        let mut tx = WorkerTx::begin(databases, shard, &[]).await?;
        for name in names {
            let query = sqlx::query_scalar("select pg_try_advisory_xact_lock($1, hashtext($2))");
            let taken: bool = query.bind(CLASS).bind(name).fetch_one(tx.connection()).await?;
            if !taken {
                return Err(RebuildError::Running(name.clone()));
            }
        }
        let mut holding = JoinSet::new();
        holding.spawn(hold(tx));
        Ok(Self { _holding: holding })
    }
}

async fn hold(mut tx: WorkerTx) {
    loop {
        sleep(PULSE).await;
        if let Err(error) = sqlx::query("select 1").execute(tx.connection()).await {
            tracing::warn!(%error, "the lock of a rebuild is lost");
            return;
        }
    }
}
