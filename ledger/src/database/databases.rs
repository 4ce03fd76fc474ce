//! All databases of a ledger, by shard.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, Postgres};
use sqlx::{AssertSqlSafe, SqlSafeStr, Transaction};
use tokio::task::JoinSet;

use super::DatabaseError;
use super::settings::{DatabaseSettings, session};
use crate::shard::Shard;
use crate::shard_map::ShardMap;
use crate::tally::{Histogram, Reading};

/// How long connections in use are waited for when all are closed.
const FAREWELL: Duration = Duration::from_secs(2);

/// Cheap to clone. Connects when somebody needs a connection, so that a database that is away for a while keeps nobody
/// from starting.
#[derive(Debug, Clone)]
pub struct Databases(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    map: ShardMap,
    all: Vec<Database>,
    by_shard: BTreeMap<Shard, usize>,
}

pub(crate) struct Database {
    pub(crate) shards: Vec<Shard>,
    /// Where the append's own connections go.
    pub(crate) append: PgConnectOptions,
    readers: PgPool,
    waits: Histogram,
}

/// How a database's connections for reads and small writes are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolStats {
    /// The most there may be.
    pub limit: u32,
    pub open: u32,
    /// Open, and somebody has them.
    pub in_use: u32,
    /// How long a free one was waited for, in microseconds; making a new one is part of it.
    pub waits: Reading,
}

impl Databases {
    /// Connects to nothing yet; must be called within a Tokio runtime.
    pub fn new(map: ShardMap, settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        let mut all = Vec::new();
        let mut by_shard = BTreeMap::new();
        for (place, entry) in map.databases().iter().enumerate() {
            let session = |name| session(&entry.url, name, settings.statement_timeout, settings.idle_timeout);
            let pool = PgPoolOptions::new()
                .max_connections(settings.connections)
                .acquire_timeout(settings.patience)
                // A ping would double the round trips of a small read; a dead connection shows when it begins.
                .test_before_acquire(false);
            let readers = pool.connect_lazy_with(session("xentri")?);
            by_shard.extend(entry.shards.iter().map(|shard| (*shard, place)));
            all.push(Database {
                shards: entry.shards.clone(),
                append: session("xentri append")?,
                readers,
                waits: Histogram::of_times(),
            });
        }
        Ok(Self(Arc::new(Inner { map, all, by_shard })))
    }

    pub fn shard_map(&self) -> &ShardMap {
        &self.0.map
    }

    /// Of each database, as the shard map lists them.
    pub fn pools(&self) -> Vec<PoolStats> {
        self.all().iter().map(Database::pool).collect()
    }

    pub(crate) fn all(&self) -> &[Database] {
        &self.0.all
    }

    /// Where the directory of orgs is.
    pub(crate) fn first(&self) -> &Database {
        // A shard map has at least one.
        &self.0.all[0]
    }

    pub(crate) fn of(&self, shard: Shard) -> Result<&Database, DatabaseError> {
        let place = self.0.by_shard.get(&shard).and_then(|place| self.0.all.get(*place));
        place.ok_or_else(|| DatabaseError::Failed {
            code: "none".to_owned(),
            message: format!("the shard map names no database for shard {shard}"),
        })
    }

    /// Closes every connection; whoever waits for one is told so. Those in use are closed when they are given back, which
    /// is waited for only a little: whoever hangs must not keep a process from ending.
    pub async fn close(&self) {
        let pools = self.all().iter().map(|database| database.readers.clone());
        let all: JoinSet<()> = pools.map(|pool| async move { pool.close().await }).collect();
        if tokio::time::timeout(FAREWELL, all.join_all()).await.is_err() {
            tracing::warn!("connections are in use still, and left to whoever has them");
        }
    }
}

impl Database {
    /// Begins with role and scope in one round trip. `begin` is one text without binds, so whatever goes into it has a
    /// type that can't hold a quote.
    pub(crate) async fn begin(&self, begin: &str) -> Result<Transaction<'static, Postgres>, DatabaseError> {
        // A connection may have died while it lay in the pool, as all of them do when Postgres restarts: nothing was done on
        // it, and a few tries later the pool has none of those left. What a new connection says stands.
        for _ in 0..self.readers.options().get_max_connections() {
            let may_be_dead = self.readers.num_idle() > 0;
            match self.try_begin(begin).await {
                Ok(tx) => return Ok(tx),
                // None was free: who has waited for one in vain does not wait again.
                Err(error @ sqlx::Error::PoolTimedOut) => return Err(error.into()),
                Err(error) => match DatabaseError::from(error) {
                    DatabaseError::Unavailable(_) if may_be_dead => {}
                    other => return Err(other),
                },
            }
        }
        Ok(self.try_begin(begin).await?)
    }

    /// The statement runs on a task of its own: dropped while it waits for the answer, it would leave the connection in a
    /// transaction that the driver knows nothing of, and the pool would hand it on like that. So whoever gives up in
    /// between leaves a transaction that is rolled back.
    async fn try_begin(&self, begin: &str) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let asked = Instant::now();
        // In a box, or every future that may read would be 4 KB larger, and moved as such, whether it reads or not.
        let connection = Box::pin(self.readers.acquire()).await;
        self.waits.took(asked.elapsed());
        let connection = connection?;
        let statement = AssertSqlSafe(begin.to_owned()).into_sql_str();
        let started = tokio::spawn(Transaction::begin(connection, Some(statement))).await;
        started.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }

    fn pool(&self) -> PoolStats {
        let (open, idle) = (self.readers.size(), self.readers.num_idle());
        PoolStats {
            limit: self.readers.options().get_max_connections(),
            open,
            in_use: open.saturating_sub(u32::try_from(idle).unwrap_or(u32::MAX)),
            waits: self.waits.read(),
        }
    }

    /// As the login itself, which may do nothing but look after its own sessions.
    pub(crate) fn sessions(&self) -> &PgPool {
        &self.readers
    }
}

/// Without the options of its connections, which have the password.
impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Database")
            .field("shards", &self.shards)
            .field("readers", &self.readers)
            .finish_non_exhaustive()
    }
}
