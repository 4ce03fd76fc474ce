//! The steps of an org's life. Each may be repeated.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Row, query::Query};
use thiserror::Error;
use xentri_domain::kernel::OrgId;
use xentri_domain::org::ExternalId;

use super::entry::shard_at;
use super::{Directory, OrgSettings};
use crate::database::{DatabaseError, Home, begin_for};
use crate::shard::Shard;

/// An org that is about to be made: its first chain needs this home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    pub home: Home,
}

#[derive(Debug, Error)]
pub enum ReservationError {
    /// Made already, or erased.
    #[error("org {0} exists already")]
    Exists(OrgId),
    #[error("another org has that external id")]
    ExternalIdTaken,
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

type Statement<'q> = Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

impl Directory {
    /// The first step; `org` stays unknown to everybody else. Its shard is chosen by its first reservation: whoever comes
    /// back when the ledger has got more shards finds it where its key may be already.
    pub async fn reserve(
        &self,
        org: OrgId,
        external_id: Option<&ExternalId>,
        settings: &OrgSettings,
    ) -> Result<Reservation, ReservationError> {
        let new = self.databases.shard_map().shard_of_new(org);
        let statement = sqlx::query("select app.reserve_org($1, $2, $3, $4, $5, $6, $7)::text")
            .bind(org.uuid())
            .bind(new.number())
            .bind(external_id.map(ExternalId::as_str))
            .bind(settings.time_zone.as_str())
            .bind(settings.currency.as_str())
            .bind(settings.language.as_str())
            .bind(settings.invoice_prefix.as_str());
        let mut tx = self.databases.first().begin(&begin_for(org, "")).await?;
        let row = statement.fetch_one(&mut *tx).await.map_err(DatabaseError::from)?;
        let shard = shard_in_tx(&mut tx, org).await?;
        tx.commit().await.map_err(DatabaseError::from)?;
        match row.try_get(0).map_err(DatabaseError::from)? {
            "reserved" => Ok(Reservation { home: Home::new(org, shard.unwrap_or(new)) }),
            "external_id_taken" => Err(ReservationError::ExternalIdTaken),
            _ => Err(ReservationError::Exists(org)),
        }
    }

    /// The last step, after the org's first chain. False when it was never reserved, or is erased.
    pub async fn activate(&self, org: OrgId) -> Result<bool, DatabaseError> {
        self.change(org, sqlx::query("select app.activate_org($1)").bind(org.uuid())).await
    }

    /// After the org's stream says so. False when the org is not active.
    pub async fn change_settings(&self, org: OrgId, settings: &OrgSettings) -> Result<bool, DatabaseError> {
        let statement = sqlx::query("select app.set_org_settings($1, $2, $3, $4, $5)")
            .bind(org.uuid())
            .bind(settings.time_zone.as_str())
            .bind(settings.currency.as_str())
            .bind(settings.language.as_str())
            .bind(settings.invoice_prefix.as_str());
        self.change(org, statement).await
    }

    /// For ever; may be repeated. Says where the org's keys are, which nobody finds any more after this.
    pub(crate) async fn mark_erased(&self, org: OrgId) -> Result<Option<Home>, DatabaseError> {
        let mut tx = self.databases.first().begin(&begin_for(org, "")).await?;
        sqlx::query("select app.mark_org_erased($1)").bind(org.uuid()).execute(&mut *tx).await?;
        let shard = shard_in_tx(&mut tx, org).await?;
        tx.commit().await?;
        self.by_id.invalidate(&org).await;
        Ok(shard.map(|shard| Home::new(org, shard)))
    }

    async fn change(&self, org: OrgId, statement: Statement<'_>) -> Result<bool, DatabaseError> {
        let changed = self.run(statement).await?.try_get(0)?;
        self.by_id.invalidate(&org).await;
        Ok(changed)
    }

    async fn run(&self, statement: Statement<'_>) -> Result<PgRow, DatabaseError> {
        let mut tx = self.databases.first().begin("begin; set local role xentri_app").await?;
        let row = statement.fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(row)
    }
}

/// None of an org that was never reserved.
async fn shard_in_tx(tx: &mut PgConnection, org: OrgId) -> Result<Option<Shard>, DatabaseError> {
    let query = sqlx::query("select shard from org where org_id = $1").bind(org.uuid());
    query.fetch_optional(tx).await?.map(|row| shard_at(&row, 0)).transpose()
}
