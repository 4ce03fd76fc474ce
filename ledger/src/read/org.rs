//! One org's events in the order that the org sees.

use super::heads::org_head_in_tx;
use super::page::{Page, PageLimit, fetch, page_of, query};
use super::stored::StoredEvent;
use crate::database::{DatabaseError, TenantTx};

pub(super) const ORG: &str = page_of!("org_seq", "shard = $4 and org_id = $5");

pub(super) const ORG_TYPES: &str =
    concat!(page_of!("org_seq", "shard = $4 and org_id = $5 and type = any($6)"), " limit $7");

pub(super) const ORG_NUMBERS: &str = concat!(
    "select ",
    crate::read::stored::columns!(),
    " from event where shard = $1 and org_id = $2 and org_seq = any($3)"
);

/// The org's events with these numbers, as far as there are any, in any order. As large as all of them together.
pub async fn read_org_numbers_in_tx(
    tx: &mut TenantTx,
    numbers: &[u64],
) -> Result<Vec<StoredEvent>, DatabaseError> {
    let numbers: Vec<i64> = numbers.iter().filter_map(|number| i64::try_from(*number).ok()).collect();
    let shard = tx.shard();
    let query = sqlx::query(ORG_NUMBERS).bind(shard.number()).bind(tx.org().uuid()).bind(numbers);
    let rows = query.fetch_all(tx.connection()).await?;
    rows.iter().map(|row| StoredEvent::read(shard, row)).collect()
}

/// The org's events after number `after`.
pub async fn read_org_in_tx(tx: &mut TenantTx, after: u64, limit: PageLimit) -> Result<Page, DatabaseError> {
    let statement = query(ORG, after, u64::MAX, limit).bind(tx.shard().number()).bind(tx.org().uuid());
    let shard = tx.shard();
    fetch(tx.connection(), shard, limit, statement).await
}

/// Events of some types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypesPage {
    pub events: Vec<StoredEvent>,
    /// Where to go on. It has moved on although nothing matched.
    pub next_after: u64,
    /// Whether there are events after it, of whatever type.
    pub more: bool,
}

/// The org's events of these types after number `after`. Looks at `scan` events at most, whatever their type: no index has
/// the types, and a rare one must not keep a reader for long. Whoever wants a page that is empty only at the end goes on
/// until `more` is false.
pub async fn read_org_types_in_tx(
    tx: &mut TenantTx,
    after: u64,
    types: &[&str],
    limit: PageLimit,
    scan: u32,
) -> Result<TypesPage, DatabaseError> {
    // Asked first: what is appended between the two statements is after it, and so for the next page.
    let head = org_head_in_tx(tx).await?.map_or(0, |head| head.org_seq);
    // The numbers have no gaps.
    let limit = limit.of_one_at_least();
    let scan = PageLimit { events: scan, ..limit }.of_one_at_least();
    let last = head.min(after.saturating_add(scan.events.into()));
    if last <= after {
        return Ok(TypesPage { events: Vec::new(), next_after: after, more: false });
    }
    let types: Vec<String> = types.iter().map(|name| (*name).to_owned()).collect();
    let statement = query(ORG_TYPES, after, last, scan)
        .bind(tx.shard().number())
        .bind(tx.org().uuid())
        .bind(types)
        .bind(i64::from(limit.events));
    let shard = tx.shard();
    let page = fetch(tx.connection(), shard, limit, statement).await?;
    let cut_at = page.events.last().filter(|_| page.more).map(|event| event.org_seq);
    let next_after = cut_at.unwrap_or(last);
    Ok(TypesPage { events: page.events, next_after, more: next_after < head })
}
