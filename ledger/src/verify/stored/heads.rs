//! Where every org of a shard ends.

use sqlx::Row as _;
use uuid::Uuid;
use xentri_schemas::Digest;

use super::session::AuditSession;
use crate::database::DatabaseError;

/// Orgs of one statement.
const PAGE: usize = 1000;

/// Steps from one org to the next along an index, from the org `$2` on. `$4` is the last position that counts.
const HEADS: &str = "with recursive o(org_id) as ( \
       (select org_id from event where shard = $1 and org_id >= $2 order by shard, org_id, org_seq limit 1) \
       union all \
       select (select e.org_id from event e where e.shard = $1 and e.org_id > o.org_id \
               order by e.shard, e.org_id, e.org_seq limit 1) \
         from o where o.org_id is not null) \
     select o.org_id, h.org_seq, h.hash from o left join lateral \
       (select e.org_seq, e.hash from event e \
         where e.shard = $1 and e.org_id = o.org_id and e.position <= $4 order by e.org_seq desc limit 1) h on true \
      where o.org_id is not null limit $3";

#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) org: Uuid,
    /// 0 where nothing counts yet.
    pub(super) org_seq: u64,
    pub(super) hash: Digest,
}

/// In the order of ids; none after the last of all. A bound that may be null would keep a plan that is made for any
/// values from using it, and each page would read all that come before.
pub(super) fn next(id: Uuid) -> Option<Uuid> {
    id.as_u128().checked_add(1).map(Uuid::from_u128)
}

/// Of the org's events up to a position.
pub(super) async fn heads(
    session: &mut AuditSession,
    shard: i32,
    up_to: i64,
) -> Result<Vec<Head>, DatabaseError> {
    let mut heads = Vec::new();
    let mut from = Uuid::nil();
    loop {
        let query = sqlx::query(HEADS).bind(shard).bind(from).bind(i64::try_from(PAGE).unwrap_or(i64::MAX));
        let rows = session.rows(query.bind(up_to)).await?;
        for row in &rows {
            let hash: Option<&[u8]> = row.try_get(2)?;
            heads.push(Head {
                org: row.try_get(0)?,
                org_seq: row
                    .try_get::<Option<i64>, _>(1)?
                    .map_or(0, |seq| u64::try_from(seq).unwrap_or(u64::MAX)),
                hash: hash.and_then(|hash| hash.try_into().ok()).map_or(Digest::GENESIS, Digest::from_bytes),
            });
        }
        match heads.last().and_then(|head| next(head.org)) {
            Some(next) if rows.len() == PAGE => from = next,
            _ => return Ok(heads),
        }
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Executor as _};
    use xentri_testkit::TestDb;

    use super::*;
    use crate::database::{DatabaseSettings, Databases};
    use crate::shard_map::ShardMap;
    use crate::verify::stored::places::DIRECTORY;

    #[test]
    fn the_next_id_is_the_next() {
        assert_eq!(next(Uuid::nil()), Some(Uuid::from_u128(1)));
        assert_eq!(next(Uuid::max()), None);
    }

    /// The plan for any values is the one that Postgres changes to after some pages.
    #[tokio::test]
    async fn a_page_of_orgs_begins_where_the_last_one_ended() {
        let db = TestDb::new().await;
        let map = ShardMap::single(db.server_url());
        let databases = Databases::new(map, &DatabaseSettings::default()).unwrap();
        let mut session = AuditSession::of(databases.first());
        let mut connection = session.take().await.unwrap();
        for (query, types, values, condition) in [
            (HEADS, "int, uuid, bigint, bigint", "1, '{id}', 1000, 7", "(shard = $1) AND (org_id >= $2)"),
            (DIRECTORY, "uuid, bigint", "'{id}', 1000", "org_id >= $1"),
        ] {
            let prepare =
                format!("set plan_cache_mode = force_generic_plan; prepare page ({types}) as {query}");
            connection.execute(AssertSqlSafe(prepare)).await.unwrap();
            let values = values.replace("{id}", &Uuid::nil().to_string());
            let explain = AssertSqlSafe(format!("explain (costs off) execute page({values})"));
            let lines: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut connection).await.unwrap();
            let found = lines.iter().any(|line| line.contains("Index Cond") && line.contains(condition));
            assert!(found, "{}", lines.join("\n"));
            connection.execute("deallocate page").await.unwrap();
        }
    }

    #[tokio::test]
    async fn no_timeout_ends_a_page_whose_taker_is_slow() {
        let db = TestDb::new().await;
        let map = ShardMap::single(db.server_url());
        let databases = Databases::new(map, &DatabaseSettings::default()).unwrap();
        let mut session = AuditSession::of(databases.first());
        for setting in ["statement_timeout", "tcp_user_timeout"] {
            let rows = session.rows(sqlx::query("select current_setting($1)").bind(setting)).await.unwrap();
            assert_eq!(rows[0].try_get::<&str, _>(0).unwrap(), "0", "{setting}");
        }
    }
}
