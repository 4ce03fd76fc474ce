//! One org's events in the order that the org sees.

use uuid::Uuid;

use super::heads::org_head_in_tx;
use super::page::{Page, PageLimit, Statement, fetch, page_of, query};
use super::stored::StoredEvent;
use crate::database::{DatabaseError, TenantTx};

pub(super) const ORG: &str = page_of!("org_seq", "shard = $4 and org_id = $5");

pub(super) const ORG_TYPES: &str =
    concat!(page_of!("org_seq", "shard = $4 and org_id = $5 and type = any($6)"), " limit $7");

pub(super) const ORG_MENTIONS: &str =
    concat!(page_of!("org_seq", "shard = $4 and org_id = $5 and strpos(body, $6) > 0"), " limit $7");

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

/// Those of some events that were wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SievedPage {
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
) -> Result<SievedPage, DatabaseError> {
    let types: Vec<String> = types.iter().map(|name| (*name).to_owned()).collect();
    sieve(tx, after, limit, scan, ORG_TYPES, |statement| statement.bind(types)).await
}

/// The org's events after number `after` in whose bodies this id stands, anywhere: as their own, their stream's, in what they
/// say or belong to. Looks at `scan` events at most, for no index has what bodies say; otherwise as
/// [`read_org_types_in_tx`].
pub async fn read_org_mentions_in_tx(
    tx: &mut TenantTx,
    after: u64,
    id: Uuid,
    limit: PageLimit,
    scan: u32,
) -> Result<SievedPage, DatabaseError> {
    let id = id.hyphenated().to_string();
    sieve(tx, after, limit, scan, ORG_MENTIONS, |statement| statement.bind(id)).await
}

/// `wanted` binds what the statement goes by.
async fn sieve(
    tx: &mut TenantTx,
    after: u64,
    limit: PageLimit,
    scan: u32,
    statement: &'static str,
    wanted: impl FnOnce(Statement) -> Statement,
) -> Result<SievedPage, DatabaseError> {
    // Asked first: what is appended between the two statements is after it, and so for the next page.
    let head = org_head_in_tx(tx).await?.map_or(0, |head| head.org_seq);
    // The numbers have no gaps.
    let limit = limit.of_one_at_least();
    let scan = PageLimit { events: scan, ..limit }.of_one_at_least();
    let last = head.min(after.saturating_add(scan.events.into()));
    if last <= after {
        return Ok(SievedPage { events: Vec::new(), next_after: after, more: false });
    }
    let shard = tx.shard();
    let statement = query(statement, after, last, scan).bind(shard.number()).bind(tx.org().uuid());
    let statement = wanted(statement).bind(i64::from(limit.events));
    let page = fetch(tx.connection(), shard, limit, statement).await?;
    let cut_at = page.events.last().filter(|_| page.more).map(|event| event.org_seq);
    let next_after = cut_at.unwrap_or(last);
    Ok(SievedPage { events: page.events, next_after, more: next_after < head })
}
