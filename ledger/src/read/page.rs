//! Pages: bounded in events and in bytes.

use sqlx::postgres::{PgArguments, PgConnection, Postgres};
use sqlx::query::Query;

use super::stored::StoredEvent;
use crate::database::DatabaseError;
use crate::shard::Shard;

/// How much a page holds at most. One event always fits, however long it is and whatever the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit {
    pub events: u32,
    /// Of bodies: events are not read any more once they are exceeded.
    pub bytes: u32,
}

impl PageLimit {
    /// A page that can hold nothing would never end.
    pub(super) fn of_one_at_least(self) -> Self {
        Self { events: self.events.max(1), bytes: self.bytes.max(1) }
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self { events: 500, bytes: 4 << 20 }
    }
}

/// Events one after the other, and whether some may follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub events: Vec<StoredEvent>,
    /// False when what was asked for ended here. When true, the next page may still be empty.
    pub more: bool,
}

/// A page's statement. `$number` has no gaps, so a page is a range of it, from after $1 to $2, and no plan can read more than
/// that; with a limit, a plan made for a small table would sort a large one. The inner select adds up the bytes, of which
/// the outer one keeps as many as fit into $3. Further parameters begin with $4.
macro_rules! page_of {
    ($number:literal, $condition:literal) => {
        concat!(
            "select ",
            crate::read::stored::columns!(),
            " from (select ",
            crate::read::stored::columns!(),
            ", sum(octet_length(body)) over (order by ",
            $number,
            " rows unbounded preceding) - octet_length(body) as before from event where ",
            $condition,
            " and ",
            $number,
            " > $1 and ",
            $number,
            " <= $2) page where before < $3 order by ",
            $number,
        )
    };
}
pub(super) use page_of;

pub(super) type Statement = Query<'static, Postgres, PgArguments>;

/// The first of a statement's parameters: after number `after`, up to number `last`.
pub(super) fn query(statement: &'static str, after: u64, last: u64, limit: PageLimit) -> Statement {
    let limit = limit.of_one_at_least();
    let last = last.min(after.saturating_add(limit.events.into()));
    sqlx::query(statement).bind(bigint(after)).bind(bigint(last)).bind(i64::from(limit.bytes))
}

pub(super) async fn fetch(
    connection: &mut PgConnection,
    shard: Shard,
    limit: PageLimit,
    statement: Statement,
) -> Result<Page, DatabaseError> {
    let limit = limit.of_one_at_least();
    let rows = statement.fetch_all(connection).await?;
    let events = rows.iter().map(|row| StoredEvent::read(shard, row)).collect::<Result<Vec<_>, _>>()?;
    let bytes: usize = events.iter().map(|event| event.body.len()).sum();
    let more = events.len() >= limit.events as usize || bytes >= limit.bytes as usize;
    Ok(Page { events, more })
}

/// As Postgres has it; beyond that nothing is there.
pub(super) fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
