//! Erasing a whole org.

use sqlx::Row;
use xentri_domain::kernel::OrgId;

use super::KeyRing;
use crate::database::{DatabaseError, TenantTx};

impl KeyRing {
    /// Destroys the key of an org and of every person in it, for ever. First the directory, so that nobody finds the
    /// org any more, then its shard; whoever is interrupted calls again. False when there was never such an org.
    pub async fn erase_org(&self, org: OrgId) -> Result<bool, DatabaseError> {
        let Some(home) = self.directory.mark_erased(org).await? else { return Ok(false) };
        let mut tx = TenantTx::write(&self.databases, home).await?;
        let erased = sqlx::query("select app.erase_org($1, $2)")
            .bind(org.uuid())
            .bind(home.shard().number())
            .fetch_one(tx.connection())
            .await?;
        // Without a key there it was reserved and never made.
        let made: bool = erased.try_get(0)?;
        tx.commit().await?;
        self.kept.drop_org(org).await;
        tracing::info!(org_id = %org, made, "an org was erased");
        Ok(true)
    }
}
