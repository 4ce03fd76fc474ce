//! How many rows are compared at once.

use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;
use xentri_domain::kernel::OrgId;
use xentri_ledger::{DatabaseError, Databases, Shard, WorkerTx};

use super::super::RebuildError;
use super::super::orgs::orgs_in_tx;
use super::tables::Compared;

/// Named in one transaction.
const ORGS: i64 = 200;

/// The key of a row.
pub(super) type Key = (Uuid, Uuid);

/// Keys from one on, without it, up to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) after: Key,
    pub(super) up_to: Key,
}

impl Bounds {
    /// All rows of these orgs, which are in the order of their ids. No row has the least id of all.
    pub(super) fn of(orgs: &[OrgId]) -> Self {
        let org = |org: Option<&OrgId>, other: Uuid| org.map_or(other, |org| org.uuid());
        Self {
            after: (org(orgs.first(), Uuid::nil()), Uuid::nil()),
            up_to: (org(orgs.last(), Uuid::max()), Uuid::max()),
        }
    }

    /// What comes after it.
    pub(super) fn from(self, after: Key) -> Self {
        Self { after, ..self }
    }

    pub(super) fn up_to(self, to: Option<Key>) -> Self {
        to.map_or(self, |up_to| Self { up_to, ..self })
    }
}

pub(super) struct Chunk<'a> {
    pub(super) shard: Shard,
    pub(super) orgs: &'a [OrgId],
    pub(super) compared: &'a Compared,
}

impl Chunk<'_> {
    pub(super) async fn begin(&self, databases: &Databases) -> Result<WorkerTx, DatabaseError> {
        let mut tx = WorkerTx::begin(databases, self.shard, self.orgs).await?;
        sqlx::query("select set_config('statement_timeout', '0', true)").execute(tx.connection()).await?;
        Ok(tx)
    }

    /// Where so many rows of the new table end; none where there are not so many.
    pub(super) async fn end(
        &self,
        databases: &Databases,
        from: Bounds,
        rows: u32,
    ) -> Result<Option<Key>, RebuildError> {
        let table = &self.compared.new_table;
        let query = format!(
            "select org_id, id from {table} where (org_id, id) > ($1, $2) order by org_id, id offset $3 limit 1"
        );
        let mut tx = self.begin(databases).await?;
        let query = sqlx::query(AssertSqlSafe(query)).bind(from.after.0).bind(from.after.1);
        let row = query.bind(i64::from(rows.max(1)) - 1).fetch_optional(tx.connection()).await?;
        tx.commit().await?;
        Ok(row.map(|row| Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get(1)?))).transpose()?)
    }
}

/// The next orgs of a shard, in the order of their ids.
pub(super) async fn orgs_of(
    databases: &Databases,
    shard: Shard,
    after: Option<OrgId>,
) -> Result<Vec<OrgId>, RebuildError> {
    let mut tx = WorkerTx::begin(databases, shard, &[]).await?;
    let orgs = orgs_in_tx(tx.connection(), shard, after, ORGS).await?;
    tx.commit().await?;
    Ok(orgs)
}
