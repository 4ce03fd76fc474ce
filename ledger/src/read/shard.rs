//! One shard in commit order, all orgs together: for relay and rebuild.

use std::collections::BTreeMap;

use sqlx::Row as _;

use super::page::{Page, PageLimit, bigint, fetch, page_of, query};
use super::stored::{COLUMNS, StoredEvent, columns};
use crate::database::{DatabaseError, ReadsAllOrgs};
use crate::shard::Shard;

pub(super) const SHARD: &str = page_of!("position", "shard = $4");

/// A page of each shard: a range of the same index for each of them, bounded as a page is.
pub(super) const SHARDS: &str = concat!(
    "select ",
    columns!(),
    ", wanted.of_shard from unnest($3::int[], $4::bigint[]) wanted(of_shard, after) cross join lateral (select ",
    columns!(),
    ", sum(octet_length(body)) over (order by position rows unbounded preceding) - octet_length(body) as before \
     from event where shard = wanted.of_shard and position > wanted.after and position <= wanted.after + $1) page \
     where before < $2"
);

/// The shard's events after position `after`, up to `last` if one is named. Each page belongs in a transaction of its
/// own: a long one keeps the dead rows of every table alive.
pub async fn read_shard_in_tx(
    tx: &mut impl ReadsAllOrgs,
    shard: Shard,
    after: u64,
    last: Option<u64>,
    limit: PageLimit,
) -> Result<Page, DatabaseError> {
    let statement = query(SHARD, after, last.unwrap_or(u64::MAX), limit).bind(shard.number());
    fetch(tx.of_all_orgs(), shard, limit, statement).await
}

/// The next events of several shards, each after a position of its own, in their order. All of them stand in the transaction's
/// database, and each is named once. The limit is that of one shard; a shard that has no more is not there.
pub async fn read_shards_in_tx(
    tx: &mut impl ReadsAllOrgs,
    wanted: &[(Shard, u64)],
    limit: PageLimit,
) -> Result<BTreeMap<Shard, Vec<StoredEvent>>, DatabaseError> {
    let limit = limit.of_one_at_least();
    let numbers: Vec<i32> = wanted.iter().map(|(shard, _)| shard.number()).collect();
    let places: Vec<i64> = wanted.iter().map(|(_, after)| bigint(*after)).collect();
    let query = sqlx::query(SHARDS).bind(i64::from(limit.events)).bind(i64::from(limit.bytes));
    let rows = query.bind(numbers).bind(places).fetch_all(tx.of_all_orgs()).await?;
    let mut found: BTreeMap<Shard, Vec<StoredEvent>> = BTreeMap::new();
    for row in &rows {
        let of: i32 = row.try_get(COLUMNS)?;
        let Some((shard, _)) = wanted.iter().find(|(shard, _)| shard.number() == of) else { continue };
        found.entry(*shard).or_default().push(StoredEvent::read(*shard, row)?);
    }
    for events in found.values_mut() {
        events.sort_by_key(|event| event.position);
    }
    Ok(found)
}
