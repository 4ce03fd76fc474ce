//! One shard in commit order, all orgs together: for relay and rebuild.

use super::page::{Page, PageLimit, fetch, page_of, query};
use crate::database::{DatabaseError, ReadsAllOrgs};
use crate::shard::Shard;

pub(super) const SHARD: &str = page_of!("position", "shard = $4");

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
