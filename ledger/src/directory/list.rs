//! Going through all orgs, for work that is done for each of them.

use sqlx::AssertSqlSafe;
use xentri_domain::kernel::OrgId;

use super::entry::COLUMNS;
use super::{Directory, OrgEntry};
use crate::database::{DatabaseError, WorkerTx};
use crate::shard::Shard;

impl Directory {
    /// The active orgs of a shard in the order of their ids, `limit` at most, after the last one known.
    pub async fn of_shard(
        &self,
        shard: Shard,
        after: Option<OrgId>,
        limit: u16,
    ) -> Result<Vec<OrgEntry>, DatabaseError> {
        let mut tx = WorkerTx::begin_on(self.databases.first(), &[]).await?;
        let query = format!(
            "select {COLUMNS} from org where shard = $1 and status = 'active' and ($2::uuid is null or org_id > $2) \
             order by org_id limit $3"
        );
        let query = sqlx::query(AssertSqlSafe(query)).bind(shard.number()).bind(after.map(OrgId::uuid));
        let rows = query.bind(i32::from(limit)).fetch_all(tx.connection()).await?;
        tx.commit().await?;
        rows.iter().map(OrgEntry::read).collect()
    }
}
