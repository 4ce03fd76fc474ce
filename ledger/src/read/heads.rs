//! Where an org and where each shard ends.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use tokio::task::JoinSet;
use uuid::Uuid;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_schemas::Digest;

use super::stored::digest;
use crate::database::{DatabaseError, Databases, Home, Moment, ReadsAllOrgs, RelayTx, TenantTx};
use crate::shard::Shard;

/// The last event of an org.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrgHead {
    pub epoch: u64,
    pub org_seq: u64,
    /// In the shard. A tenant never sees it.
    pub position: u64,
    pub hash: Digest,
    pub recorded_at: Timestamp,
}

/// The last event of a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardHead {
    pub epoch: u64,
    pub position: u64,
    pub recorded_at: Timestamp,
}

/// Of all databases: one that is away keeps nobody from the others.
#[derive(Debug, Clone, Default)]
pub struct ShardHeads {
    /// A shard without events is not there.
    pub by_shard: BTreeMap<Shard, ShardHead>,
    /// Shards whose database did not answer.
    pub unknown: Vec<(Vec<Shard>, DatabaseError)>,
}

pub(super) const ORG_HEAD: &str = "select epoch, org_seq, position, hash, recorded_at from event \
     where shard = $1 and org_id = $2 order by org_seq desc limit 1";

pub(super) const ORG_HEAD_AT: &str = "select epoch, org_seq, position, hash, recorded_at from event \
     where shard = $1 and org_id = $2 and recorded_at <= $3 order by org_seq desc limit 1";

/// The lateral select is a probe of the index for each shard; a join or a group would read all of it.
pub(super) const SHARD_HEADS: &str = "select s.shard, h.epoch, h.position, h.recorded_at \
     from unnest($1::int[]) s(shard) cross join lateral \
     (select e.epoch, e.position, e.recorded_at from event e where e.shard = s.shard \
      order by e.position desc limit 1) h";

/// A probe for each org, likewise.
pub(super) const ORG_HEADS: &str = "select o.org_id, h.org_seq \
     from unnest($1::int[], $2::uuid[]) o(shard, org_id) cross join lateral \
     (select e.org_seq from event e where e.shard = o.shard and e.org_id = o.org_id \
      order by e.org_seq desc limit 1) h";

/// None when the org has no events.
pub async fn org_head_in_tx(tx: &mut TenantTx) -> Result<Option<OrgHead>, DatabaseError> {
    let query = sqlx::query(ORG_HEAD).bind(tx.shard().number()).bind(tx.org().uuid());
    query.fetch_optional(tx.connection()).await?.as_ref().map(org_head).transpose()
}

/// As it was at that moment. Takes as long as there are events since.
pub async fn org_head_at_in_tx(
    tx: &mut TenantTx,
    moment: Timestamp,
) -> Result<Option<OrgHead>, DatabaseError> {
    let query = sqlx::query(ORG_HEAD_AT).bind(tx.shard().number()).bind(tx.org().uuid());
    let row = query.bind(Moment(moment)).fetch_optional(tx.connection()).await?;
    row.as_ref().map(org_head).transpose()
}

/// Where each of those orgs ends, as a number of its own order; they live in the transaction's database. One without events is
/// not there.
pub async fn org_heads_in_tx(
    tx: &mut impl ReadsAllOrgs,
    homes: &[Home],
) -> Result<BTreeMap<OrgId, u64>, DatabaseError> {
    let shards: Vec<i32> = homes.iter().map(|home| home.shard().number()).collect();
    let orgs: Vec<Uuid> = homes.iter().map(|home| home.org().uuid()).collect();
    let rows = sqlx::query(ORG_HEADS).bind(shards).bind(orgs).fetch_all(tx.of_all_orgs()).await?;
    let found: BTreeMap<Uuid, u64> = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, number(row.try_get(1)?))))
        .collect::<Result<_, DatabaseError>>()?;
    let head = |home: &Home| found.get(&home.org().uuid()).map(|head| (home.org(), *head));
    Ok(homes.iter().filter_map(head).collect())
}

fn org_head(row: &PgRow) -> Result<OrgHead, DatabaseError> {
    Ok(OrgHead {
        epoch: number(row.try_get::<i32, _>(0)?.into()),
        org_seq: number(row.try_get(1)?),
        position: number(row.try_get(2)?),
        hash: digest(row.try_get(3)?)?,
        recorded_at: row.try_get::<Moment, _>(4)?.0,
    })
}

/// Of those of `shards` that have events; they stand in the transaction's database.
pub async fn shard_heads_in_tx(
    tx: &mut impl ReadsAllOrgs,
    shards: &[Shard],
) -> Result<BTreeMap<Shard, ShardHead>, DatabaseError> {
    read(tx.of_all_orgs(), shards).await
}

/// Of every shard, the databases asked side by side.
pub async fn shard_heads(databases: &Databases) -> ShardHeads {
    let mut asking = JoinSet::new();
    for place in 0..databases.all().len() {
        let databases = databases.clone();
        asking.spawn(async move {
            let database = &databases.all()[place];
            let answer = async {
                let mut tx = RelayTx::begin_on(database).await?;
                let heads = read(tx.connection(), &database.shards).await?;
                tx.commit().await?;
                Ok(heads)
            };
            (database.shards.clone(), answer.await)
        });
    }
    let mut heads = ShardHeads::default();
    for (shards, answer) in asking.join_all().await {
        match answer {
            Ok(found) => heads.by_shard.extend(found),
            Err(error) => heads.unknown.push((shards, error)),
        }
    }
    heads
}

async fn read(
    connection: &mut PgConnection,
    shards: &[Shard],
) -> Result<BTreeMap<Shard, ShardHead>, DatabaseError> {
    let numbers: Vec<i32> = shards.iter().map(|shard| shard.number()).collect();
    let rows = sqlx::query(SHARD_HEADS).bind(numbers).fetch_all(connection).await?;
    let mut heads = BTreeMap::new();
    for row in rows {
        let wanted: i32 = row.try_get(0)?;
        let head = ShardHead {
            epoch: number(row.try_get::<i32, _>(1)?.into()),
            position: number(row.try_get(2)?),
            recorded_at: row.try_get::<Moment, _>(3)?.0,
        };
        let shard = shards.iter().find(|shard| shard.number() == wanted);
        heads.extend(shard.map(|shard| (*shard, head)));
    }
    Ok(heads)
}

fn number(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}
