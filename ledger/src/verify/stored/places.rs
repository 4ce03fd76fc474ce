//! Which shards have events, and which orgs should have some.

use std::collections::HashMap;

use sqlx::Row as _;
use uuid::Uuid;

use super::copied;
use super::heads::next;
use super::session::AuditSession;
use super::walk::{Stretch, first};
use crate::database::{Database, DatabaseError};
use crate::verify::finding::{Finding, Reason};

/// Steps from one shard to the next along the primary key, whatever the shard map says.
const ENDS: &str = "with recursive s(shard) as ( \
       (select shard from event order by shard, position limit 1) \
       union all \
       select (select e.shard from event e where e.shard > s.shard order by e.shard, e.position limit 1) \
         from s where s.shard is not null) \
     select s.shard, (select e.position from event e where e.shard = s.shard order by e.position desc limit 1) \
       from s where s.shard is not null";

/// The last position of every shard that has events in a database.
pub(super) async fn ends(session: &mut AuditSession) -> Result<Vec<(i32, i64)>, DatabaseError> {
    let rows = session.rows(sqlx::query(ENDS)).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// The first event of a shard that has no business in this database.
pub(super) async fn stray(session: &mut AuditSession, shard: i32) -> Result<Option<Finding>, DatabaseError> {
    let row = first(session, &Stretch::shard_up_to(shard, i64::MAX)).await?;
    row.map(|row| Ok(copied::parse(&row)?.finding(Reason::StrayShard))).transpose()
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) shard: i32,
    /// Its first event was recorded before it became so.
    pub(super) active: bool,
}

pub(super) const DIRECTORY: &str =
    "select org_id, shard, status = 'active' from org where org_id >= $1 order by org_id limit $2";

/// The whole directory, a page at a time. About 30 bytes an org.
pub(super) async fn directory(first: &Database) -> Result<HashMap<Uuid, Entry>, DatabaseError> {
    const PAGE: i64 = 10_000;
    let mut session = AuditSession::of(first);
    let mut entries = HashMap::new();
    let mut from = Some(Uuid::nil());
    while let Some(bound) = from.take() {
        let rows = session.rows(sqlx::query(DIRECTORY).bind(bound).bind(PAGE)).await?;
        for row in &rows {
            let org: Uuid = row.try_get(0)?;
            entries.insert(org, Entry { shard: row.try_get(1)?, active: row.try_get(2)? });
            from = next(org);
        }
    }
    Ok(entries)
}

/// An org's entry as it is now.
pub(super) async fn entry(session: &mut AuditSession, org: Uuid) -> Result<Option<Entry>, DatabaseError> {
    let query = sqlx::query("select shard, status = 'active' from org where org_id = $1").bind(org);
    let rows = session.rows(query).await?;
    rows.first().map(|row| Ok(Entry { shard: row.try_get(0)?, active: row.try_get(1)? })).transpose()
}
