//! Work across orgs: one type for each role that may do it, so that a search for the type finds every place.

use std::time::Duration;

use sqlx::Transaction;
use sqlx::postgres::{PgConnection, Postgres};
use xentri_domain::kernel::OrgId;

use super::begin::begin_as;
use super::{Database, DatabaseError, Databases};
use crate::shard::Shard;

/// Who sees the events of all orgs. Nobody else can become one of them.
pub trait ReadsAllOrgs: Sealed + Send {}

/// The connection, for this crate's own statements.
pub trait Sealed {
    #[doc(hidden)]
    fn of_all_orgs(&mut self) -> &mut PgConnection;
}

macro_rules! across {
    ($($(#[$doc:meta])+ $name:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Debug)]
        pub struct $name(Transaction<'static, Postgres>);

        impl $name {
            pub fn connection(&mut self) -> &mut PgConnection {
                &mut self.0
            }

            pub async fn commit(self) -> Result<(), DatabaseError> {
                Ok(self.0.commit().await?)
            }
        }

        impl ReadsAllOrgs for $name {}

        impl Sealed for $name {
            fn of_all_orgs(&mut self) -> &mut PgConnection {
                &mut self.0
            }
        }
    )+};
}

across! {
    /// Reads the ledger of all orgs, to send it on.
    RelayTx;
    /// Reads the ledger of all orgs, and writes read models of the orgs that it names.
    WorkerTx;
    /// Reads the ledger of all orgs, to verify it. Writes nothing.
    AuditorTx;
}

const MODE: &str = "isolation level read committed";

impl RelayTx {
    pub async fn begin(databases: &Databases, shard: Shard) -> Result<Self, DatabaseError> {
        Self::begin_on(databases.of(shard)?).await
    }

    pub(crate) async fn begin_on(database: &Database) -> Result<Self, DatabaseError> {
        Ok(Self(database.begin(&begin_as(MODE, "xentri_relay", &[])).await?))
    }
}

impl WorkerTx {
    /// `orgs`: whose read models it will write.
    pub async fn begin(databases: &Databases, shard: Shard, orgs: &[OrgId]) -> Result<Self, DatabaseError> {
        Self::begin_on(databases.of(shard)?, orgs).await
    }

    /// The same, but what waits longer than that for a row which somebody else has locked is an error.
    pub async fn begin_impatient(
        databases: &Databases,
        shard: Shard,
        orgs: &[OrgId],
        patience: Duration,
    ) -> Result<Self, DatabaseError> {
        let lock_timeout = ("lock_timeout", patience.as_millis().to_string());
        let begin = begin_as(MODE, "xentri_worker", &[current(orgs), lock_timeout]);
        Ok(Self(databases.of(shard)?.begin(&begin).await?))
    }

    pub(crate) async fn begin_on(database: &Database, orgs: &[OrgId]) -> Result<Self, DatabaseError> {
        Ok(Self(database.begin(&begin_as(MODE, "xentri_worker", &[current(orgs)])).await?))
    }

    /// Names an org in place of those that it named before: for whoever finds out only now.
    pub async fn name(&mut self, org: OrgId) -> Result<(), DatabaseError> {
        let query = sqlx::query("select set_config('app.current_org_ids', $1, true)");
        query.bind(org.to_string()).execute(&mut *self.0).await?;
        Ok(())
    }
}

fn current(orgs: &[OrgId]) -> (&'static str, String) {
    let orgs: Vec<_> = orgs.iter().map(ToString::to_string).collect();
    ("app.current_org_ids", orgs.join(","))
}

impl AuditorTx {
    pub async fn begin(databases: &Databases, shard: Shard) -> Result<Self, DatabaseError> {
        Self::begin_on(databases.of(shard)?).await
    }

    pub(crate) async fn begin_on(database: &Database) -> Result<Self, DatabaseError> {
        let begin = "begin isolation level repeatable read read only; set local role xentri_auditor";
        Ok(Self(database.begin(begin).await?))
    }
}
