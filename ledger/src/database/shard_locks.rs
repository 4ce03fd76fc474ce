//! Who leads a shard: locks that last as long as the session that took them, and end with its process.
//!
//! Not the append's locks: those are held for a moment, within a transaction.

use std::collections::BTreeMap;

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};

use super::{DatabaseError, Databases, ReadsAllOrgs};
use crate::shard::Shard;

/// What is done by one process for each shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// Sending the shard's events to Kafka.
    Relay,
    /// Folding them into read models, and reacting to them.
    Work,
    /// Giving the commands that are due.
    Schedule,
}

impl Duty {
    /// The first of a lock's two numbers. 1480937044 is that of the append, whose stuck holders are ended sooner.
    fn class(self) -> i32 {
        match self {
            Self::Relay => 1_480_937_042,
            Self::Work => 1_480_937_043,
            Self::Schedule => 1_480_937_045,
        }
    }

    /// As metrics and `xentri status` have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Work => "work",
            Self::Schedule => "schedule",
        }
    }

    fn session_name(self) -> &'static str {
        match self {
            Self::Relay => "xentri relay lock",
            Self::Work => "xentri work lock",
            Self::Schedule => "xentri schedule lock",
        }
    }
}

/// Everybody who would lead holds this one together with the others, so that they can be counted.
const CANDIDATE: i32 = -1;

/// A machine that is gone says nothing: its locks are free a few seconds later all the same.
const NETWORK: [(&str, &str); 4] = [
    ("tcp_user_timeout", "3000"),
    ("tcp_keepalives_idle", "1"),
    ("tcp_keepalives_interval", "1"),
    ("tcp_keepalives_count", "3"),
];

const STANDING: &str = "select objid::int8, pid = pg_backend_pid() from pg_locks \
     where locktype = 'advisory' and objsubid = 2 and granted and classid = $1::int8::oid \
       and database = (select oid from pg_database where datname = current_database())";

/// A leader that was stopped answers the network and nobody else. A session may end others of its own login.
const END_SILENT: &str = "select count(pg_terminate_backend(a.pid)) from pg_stat_activity a \
     where a.datname = current_database() and a.pid <> pg_backend_pid() and a.usename = session_user \
       and a.state_change < clock_timestamp() - interval '4 seconds' \
       and exists (select from pg_locks l where l.pid = a.pid and l.granted and l.locktype = 'advisory' \
                   and l.classid = $1::int8::oid and l.objsubid = 2)";

/// One session on one database, for as many of its shards as it gets.
///
/// Whoever holds it asks for the [`standing`](Self::standing) at least once a second: a session that is silent for four
/// is ended by the others. An answer that does not come means that the locks may be somebody else's by now.
#[derive(Debug)]
pub struct ShardLocks {
    connection: PgConnection,
    duty: Duty,
}

/// Who leads what, in one database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// How many would lead, this one among them if it would.
    pub candidates: usize,
    /// Shards that are led, and whether by this one.
    pub led: BTreeMap<Shard, bool>,
}

/// For whoever only looks on, and so leads nothing.
pub async fn standing_in_tx(tx: &mut impl ReadsAllOrgs, duty: Duty) -> Result<Standing, DatabaseError> {
    standing(tx.of_all_orgs(), duty).await
}

async fn standing(connection: &mut PgConnection, duty: Duty) -> Result<Standing, DatabaseError> {
    let mut standing = Standing::default();
    for row in sqlx::query(STANDING).bind(i64::from(duty.class())).fetch_all(connection).await? {
        match u16::try_from(row.try_get::<i64, _>(0)?) {
            Ok(shard) => {
                standing.led.insert(Shard::new(shard), row.try_get(1)?);
            }
            Err(_) => standing.candidates += 1,
        }
    }
    Ok(standing)
}

impl ShardLocks {
    /// Connects to the database of `shard`, as a candidate that leads nothing yet.
    pub async fn connect(databases: &Databases, shard: Shard, duty: Duty) -> Result<Self, DatabaseError> {
        let options = databases.of(shard)?.append.clone();
        let options = options.application_name(duty.session_name()).options(NETWORK);
        let mut connection = PgConnection::connect_with(&options).await?;
        let candidate = sqlx::query("select pg_advisory_lock_shared($1, $2)");
        candidate.bind(duty.class()).bind(CANDIDATE).execute(&mut connection).await?;
        Ok(Self { connection, duty })
    }

    pub async fn standing(&mut self) -> Result<Standing, DatabaseError> {
        let class = i64::from(self.duty.class());
        let ended: i64 = sqlx::query_scalar(END_SILENT).bind(class).fetch_one(&mut self.connection).await?;
        if ended > 0 {
            tracing::warn!(ended, "ended sessions that led shards and were silent");
        }
        standing(&mut self.connection, self.duty).await
    }

    /// Those of `shards` that were free. None of them may be led by this one already.
    pub async fn take(&mut self, shards: &[Shard]) -> Result<Vec<Shard>, DatabaseError> {
        let query = "select s, pg_try_advisory_lock($1, s) from unnest($2::int[]) s";
        let rows = self.each(query, shards).await?;
        let mut taken = Vec::new();
        for (number, free) in rows {
            taken.extend(shards.iter().filter(|shard| free && shard.number() == number));
        }
        Ok(taken)
    }

    /// Whoever gives them up does nothing for them any more.
    pub async fn give_up(&mut self, shards: &[Shard]) -> Result<(), DatabaseError> {
        self.each("select s, pg_advisory_unlock($1, s) from unnest($2::int[]) s", shards).await?;
        Ok(())
    }

    /// Gives up everything.
    pub async fn close(self) -> Result<(), DatabaseError> {
        Ok(self.connection.close().await?)
    }

    async fn each(
        &mut self,
        query: &'static str,
        shards: &[Shard],
    ) -> Result<Vec<(i32, bool)>, DatabaseError> {
        let numbers: Vec<_> = shards.iter().map(|shard| shard.number()).collect();
        let query = sqlx::query_as(query).bind(self.duty.class()).bind(numbers);
        Ok(query.fetch_all(&mut self.connection).await?)
    }
}
