//! Looking an org up.

use std::sync::Arc;

use sqlx::AssertSqlSafe;
use xentri_domain::kernel::OrgId;
use xentri_domain::org::ExternalId;

use super::entry::{COLUMNS, shard_at};
use super::{Directory, OrgEntry};
use crate::database::{AuditorTx, DatabaseError, Home, begin_for};

impl Directory {
    /// An active org; one that is being made, was never made, or is erased, is not there.
    pub async fn find(&self, org: OrgId) -> Result<Option<Arc<OrgEntry>>, DatabaseError> {
        if let Some(entry) = self.by_id.get(&org).await {
            return Ok(Some(entry));
        }
        let mut tx = self.databases.first().begin(&begin_for(org, "read only")).await?;
        let query = format!("select {COLUMNS} from org where org_id = $1 and status = 'active'");
        let row = sqlx::query(AssertSqlSafe(query)).bind(org.uuid()).fetch_optional(&mut *tx).await?;
        tx.commit().await?;
        self.keep(row.as_ref()).await
    }

    /// By what the identity provider calls it.
    pub async fn find_external(&self, id: &ExternalId) -> Result<Option<Arc<OrgEntry>>, DatabaseError> {
        if let Some(org) = self.by_external_id.get(id).await {
            return self.find(org).await;
        }
        let mut tx = self.databases.first().begin("begin read only; set local role xentri_app").await?;
        let query = format!("select {COLUMNS} from app.org_by_external_id($1)");
        let row = sqlx::query(AssertSqlSafe(query)).bind(id.as_str()).fetch_optional(&mut *tx).await?;
        tx.commit().await?;
        let entry = self.keep(row.as_ref()).await?;
        if let Some(entry) = &entry {
            self.by_external_id.insert(id.clone(), entry.home.org()).await;
        }
        Ok(entry)
    }

    /// Where the events of an org are that is, or ever was, active. Asked as the auditor, each time anew.
    pub async fn home_of(&self, org: OrgId) -> Result<Option<Home>, DatabaseError> {
        let mut tx = AuditorTx::begin_on(self.databases.first()).await?;
        let query = sqlx::query("select shard from org where org_id = $1 and status <> 'creating'");
        let row = query.bind(org.uuid()).fetch_optional(tx.connection()).await?;
        tx.commit().await?;
        row.map(|row| Ok(Home::new(org, shard_at(&row, 0)?))).transpose()
    }

    async fn keep(
        &self,
        row: Option<&sqlx::postgres::PgRow>,
    ) -> Result<Option<Arc<OrgEntry>>, DatabaseError> {
        let Some(row) = row else { return Ok(None) };
        let entry = Arc::new(OrgEntry::read(row)?);
        self.by_id.insert(entry.home.org(), entry.clone()).await;
        Ok(Some(entry))
    }
}
