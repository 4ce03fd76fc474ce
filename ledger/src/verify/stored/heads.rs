//! Where every org of a shard ends.

use sqlx::Row as _;
use uuid::Uuid;
use xentri_schemas::Digest;

use super::session::AuditSession;
use crate::database::DatabaseError;

/// Orgs of one statement.
const PAGE: usize = 1000;

/// Steps from one org to the next along an index. `$4` is the last position that counts.
const HEADS: &str = "with recursive o(org_id) as ( \
       (select org_id from event where shard = $1 and ($2 is null or org_id > $2) order by shard, org_id, org_seq limit 1) \
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

/// Of the org's events up to a position.
pub(super) async fn heads(
    session: &mut AuditSession,
    shard: i32,
    up_to: i64,
) -> Result<Vec<Head>, DatabaseError> {
    let mut heads = Vec::new();
    loop {
        let after = heads.last().map(|head: &Head| head.org);
        let query = sqlx::query(HEADS).bind(shard).bind(after).bind(i64::try_from(PAGE).unwrap_or(i64::MAX));
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
        if rows.len() < PAGE {
            return Ok(heads);
        }
    }
}
