//! Which orgs have events in a shard: only those have rows. The directory knows more, but stands in the first database alone.

use sqlx::postgres::PgConnection;
use uuid::Uuid;
use xentri_domain::kernel::OrgId;
use xentri_ledger::{DatabaseError, Shard};

/// From one to the next, by the index, however many events each has.
const NEXT: &str = "with recursive found(org_id) as ( \
       (select org_id from event where shard = $1 and org_id > $2 order by org_id limit 1) \
       union all \
       select (select e.org_id from event e where e.shard = $1 and e.org_id > found.org_id order by e.org_id limit 1) \
         from found where found.org_id is not null) \
     select org_id from found where org_id is not null limit $3";

/// The next ones, in the order of their ids.
pub(super) async fn orgs_in_tx(
    connection: &mut PgConnection,
    shard: Shard,
    after: Option<OrgId>,
    most: i64,
) -> Result<Vec<OrgId>, DatabaseError> {
    let after = after.map_or(Uuid::nil(), OrgId::uuid);
    let query = sqlx::query_scalar(NEXT).bind(shard.number()).bind(after).bind(most);
    let ids: Vec<Uuid> = query.fetch_all(connection).await?;
    Ok(ids.into_iter().filter_map(|id| OrgId::try_from(id).ok()).collect())
}
