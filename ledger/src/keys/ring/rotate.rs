//! Wrapping every org's key by the current master key, so that the older ones can be taken away.
//!
//! Appends, reads and erasures go on meanwhile: each key is replaced in a short transaction of its own, and only if it
//! is still wrapped as it was read. Nothing needs to be remembered: whoever is interrupted starts again and finds less
//! to do.

use sqlx::Row;
use thiserror::Error;
use uuid::Uuid;
use xentri_domain::kernel::OrgId;

use super::KeyRing;
use crate::database::{Database, DatabaseError, WorkerTx};
use crate::keys::{KeeperError, Wrapped};

const PAGE: i64 = 200;

/// How far it is. Nothing to do is a rotation that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    pub done: u64,
    /// What there was to do when it began.
    pub total: u64,
}

#[derive(Debug, Error)]
pub enum RotationError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// It stopped: nothing can be wrapped.
    #[error(transparent)]
    Keeper(KeeperError),
    /// It went on to the end, passing over these. The older master keys are still needed.
    #[error("the keys of {orgs} orgs could not be wrapped anew; the first: {first}")]
    Left { orgs: u64, first: KeeperError },
}

impl From<sqlx::Error> for RotationError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

struct Pass<F> {
    rotation: Rotation,
    progress: F,
    left: u64,
    first: Option<KeeperError>,
}

impl KeyRing {
    /// Until no org's key is under another master key than the current one. A process that still has an older one first
    /// makes new orgs under that: when all have changed, a last call finds what they left.
    pub async fn rotate_master_key(&self, progress: impl FnMut(Rotation)) -> Result<Rotation, RotationError> {
        let mut total = 0;
        for database in self.databases.all() {
            total += self.count(database).await?;
        }
        let mut pass = Pass { rotation: Rotation { done: 0, total }, progress, left: 0, first: None };
        (pass.progress)(pass.rotation);
        for database in self.databases.all() {
            let mut after = Uuid::nil();
            loop {
                let page = self.page(database, after).await?;
                let Some((last, _)) = page.last() else { break };
                after = last.uuid();
                for (org, wrapped) in page {
                    self.rewrap(database, org, wrapped, &mut pass).await?;
                }
            }
        }
        match pass.first {
            Some(first) => Err(RotationError::Left { orgs: pass.left, first }),
            None => Ok(pass.rotation),
        }
    }

    async fn count(&self, database: &Database) -> Result<u64, RotationError> {
        let mut tx = WorkerTx::begin_on(database, &[]).await?;
        let row = sqlx::query("select count(*) from org_key where master_key <> $1 and wrapped is not null")
            .bind(self.keeper.current())
            .fetch_one(tx.connection())
            .await?;
        tx.commit().await?;
        Ok(u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default())
    }

    async fn page(&self, database: &Database, after: Uuid) -> Result<Vec<(OrgId, Wrapped)>, RotationError> {
        let mut tx = WorkerTx::begin_on(database, &[]).await?;
        let rows = sqlx::query(
            "select org_id, wrapped, master_key from org_key \
              where org_id > $1 and master_key <> $2 and wrapped is not null order by org_id limit $3",
        )
        .bind(after)
        .bind(self.keeper.current())
        .bind(PAGE)
        .fetch_all(tx.connection())
        .await?;
        tx.commit().await?;
        let org_key = |row: &sqlx::postgres::PgRow| {
            let org = OrgId::try_from(row.try_get::<Uuid, _>(0)?).map_err(|_| DatabaseError::Failed {
                code: "none".to_owned(),
                message: "column org_id of table org_key holds no id".to_owned(),
            })?;
            Ok((org, Wrapped { bytes: row.try_get(1)?, master_key: row.try_get(2)? }))
        };
        rows.iter().map(org_key).collect()
    }

    async fn rewrap<F: FnMut(Rotation)>(
        &self,
        database: &Database,
        org: OrgId,
        old: Wrapped,
        pass: &mut Pass<F>,
    ) -> Result<(), RotationError> {
        let new = match self.keeper.unwrap(org, &old).await {
            Ok(key) => self.keeper.wrap(org, &key).await,
            Err(error) => Err(error),
        };
        match new {
            Ok(new) => {
                let mut tx = WorkerTx::begin_on(database, &[]).await?;
                // False for an org that was erased meanwhile, or wrapped anew by another rotation: done as well.
                sqlx::query("select app.rewrap_org_key($1, $2, $3, $4)")
                    .bind(org.uuid())
                    .bind(old.bytes)
                    .bind(new.bytes)
                    .bind(new.master_key)
                    .execute(tx.connection())
                    .await?;
                tx.commit().await?;
                pass.rotation.done += 1;
                // More than were counted, when orgs were made meanwhile.
                pass.rotation.total = pass.rotation.total.max(pass.rotation.done);
                (pass.progress)(pass.rotation);
            }
            Err(error @ KeeperError::Unavailable(_)) => return Err(RotationError::Keeper(error)),
            Err(error) => {
                pass.left += 1;
                pass.first.get_or_insert(error);
            }
        }
        Ok(())
    }
}
