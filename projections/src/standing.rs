//! How far read models have come: for one org, and as of the checkpoints of all shards for whoever waits for an event.
//!
//! A tenant counts its own events only; positions tell of all orgs of a shard, and stay inside.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;
use xentri_domain::kernel::Timestamp;
use xentri_ledger::{DatabaseError, Moment, Shard, TenantTx, WorkerTx, org_head_in_tx};

/// A generation of a read model, as one org sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub projection: String,
    pub version: i32,
    pub generation: i32,
    /// building, sealed, live, grace.
    pub state: String,
    /// Events of the org that it has not come to.
    pub lag: i64,
    /// Events of the org that it could not take, with those that wait behind them.
    pub parked: i64,
    /// Its rebuild, as long as it is not over.
    pub rebuild: Option<Rebuild>,
}

/// How the making of a generation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuild {
    /// loading, following, comparing, settling, differing, grace, returned.
    pub phase: String,
    pub begun_at: Timestamp,
    /// Until when readers can be taken to what they saw before.
    pub grace_until: Option<Timestamp>,
}

/// Where a generation that readers see stands in a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub projection: String,
    pub version: i32,
    pub shard: Shard,
    pub epoch: u64,
    pub position: u64,
}

/// Reads as many events of a generation as it lags behind, and one more.
const STANDINGS: &str = "\
    select g.projection, g.version, g.generation, g.state, \
           coalesce((select e.org_seq from event e \
                      where e.shard = $1 and e.org_id = $2 and e.position <= c.position \
                      order by e.org_seq desc limit 1), 0) as folded, \
           (select count(*) from parked_event p \
             where p.org_id = $2 and p.projection = g.projection and p.version = g.version \
               and p.generation = g.generation and p.shard = $1) as parked, \
           r.phase, r.begun_at, r.grace_until \
      from projection_generation g \
      left join projection_checkpoint c on c.projection = g.projection and c.version = g.version \
       and c.generation = g.generation and c.shard = $1 \
      left join rebuild r on r.projection = g.projection and r.version = g.version \
       and r.generation = g.generation and r.phase not in ('done', 'cancelled') \
     where g.state <> 'dropped' \
     order by g.projection, g.version, g.generation";

pub async fn standings_in_tx(tx: &mut TenantTx) -> Result<Vec<Standing>, DatabaseError> {
    let head = org_head_in_tx(tx).await?.map_or(0, |head| head.org_seq);
    let head = i64::try_from(head).unwrap_or(i64::MAX);
    let query = sqlx::query(STANDINGS).bind(tx.shard().number()).bind(tx.org().uuid());
    let rows = query.fetch_all(tx.connection()).await?;
    let read = |row: &PgRow| {
        Ok(Standing {
            projection: row.try_get(0)?,
            version: row.try_get(1)?,
            generation: row.try_get(2)?,
            state: row.try_get(3)?,
            lag: head.saturating_sub(row.try_get(4)?),
            parked: row.try_get(5)?,
            rebuild: rebuild(row)?,
        })
    };
    rows.iter().map(read).collect()
}

fn rebuild(row: &PgRow) -> Result<Option<Rebuild>, DatabaseError> {
    let (phase, begun_at): (Option<String>, Option<Moment>) = (row.try_get(6)?, row.try_get(7)?);
    let grace_until: Option<Moment> = row.try_get(8)?;
    let of = |(phase, begun_at): (String, Moment)| Rebuild {
        phase,
        begun_at: begun_at.0,
        grace_until: grace_until.map(|at| at.0),
    };
    Ok(phase.zip(begun_at).map(of))
}

const CHECKPOINTS: &str = "\
    select c.projection, c.version, c.shard, c.epoch, c.position \
      from projection_checkpoint c join projection_generation g using (projection, version, generation) \
     where g.state = 'live'";

/// Of what readers see, in all shards of the transaction's database.
pub async fn checkpoints_in_tx(tx: &mut WorkerTx) -> Result<Vec<Checkpoint>, DatabaseError> {
    let rows = sqlx::query(CHECKPOINTS).fetch_all(tx.connection()).await?;
    let read = |row: &PgRow| {
        let number = |value: i64| u64::try_from(value).unwrap_or_default();
        let shard = u16::try_from(row.try_get::<i32, _>(2)?).map_err(|_| DatabaseError::Failed {
            code: "none".to_owned(),
            message: "column shard of table projection_checkpoint holds what this program can't read"
                .to_owned(),
        })?;
        Ok(Checkpoint {
            projection: row.try_get(0)?,
            version: row.try_get(1)?,
            shard: Shard::new(shard),
            epoch: number(row.try_get::<i32, _>(3)?.into()),
            position: number(row.try_get(4)?),
        })
    };
    rows.iter().map(read).collect()
}

const PARKED: &str = "\
    select p.projection from parked_event p join projection_generation g using (projection, version, generation) \
     where g.state = 'live' and p.org_id = $1 and p.shard = $2 and p.projection = any($3) \
       and p.position <= $4 and (p.position = $4 or p.keys @> array[$5::uuid]) \
     limit 1";

/// Whether one of these read models, as readers see it, holds back that event or one before it of the same stream.
pub async fn holds_back_in_tx(
    tx: &mut TenantTx,
    projections: &[&str],
    stream: Uuid,
    position: u64,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(PARKED)
        .bind(tx.org().uuid())
        .bind(tx.shard().number())
        .bind(projections)
        .bind(i64::try_from(position).unwrap_or(i64::MAX))
        .bind(stream);
    Ok(query.fetch_optional(tx.connection()).await?.is_some())
}
