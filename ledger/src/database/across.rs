//! Work across orgs: one type for each role that may do it, so that a search for the type finds every place.

use sqlx::Transaction;
use sqlx::postgres::{PgConnection, Postgres};
use xentri_domain::kernel::OrgId;

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

/// Whoever reads a shard does so in its order, which an index has: a bitmap would be sorted afterwards, bodies and all.
const IN_ORDER: &str = "set local enable_bitmapscan = off";

impl RelayTx {
    pub async fn begin(databases: &Databases, shard: Shard) -> Result<Self, DatabaseError> {
        Self::begin_on(databases.of(shard)?).await
    }

    pub(crate) async fn begin_on(database: &Database) -> Result<Self, DatabaseError> {
        let begin = format!("begin isolation level read committed; set local role xentri_relay; {IN_ORDER}");
        Ok(Self(database.begin(&begin).await?))
    }
}

impl WorkerTx {
    /// `orgs`: whose read models it will write.
    pub async fn begin(databases: &Databases, shard: Shard, orgs: &[OrgId]) -> Result<Self, DatabaseError> {
        Self::begin_on(databases.of(shard)?, orgs).await
    }

    pub(crate) async fn begin_on(database: &Database, orgs: &[OrgId]) -> Result<Self, DatabaseError> {
        let orgs: Vec<_> = orgs.iter().map(ToString::to_string).collect();
        let begin = format!(
            "begin isolation level read committed; set local role xentri_worker; {IN_ORDER}; \
             select set_config('app.current_org_ids', '{}', true)",
            orgs.join(",")
        );
        Ok(Self(database.begin(&begin).await?))
    }

    /// Names an org in place of those that it named before: for whoever finds out only now.
    pub async fn name(&mut self, org: OrgId) -> Result<(), DatabaseError> {
        let query = sqlx::query("select set_config('app.current_org_ids', $1, true)");
        query.bind(org.to_string()).execute(&mut *self.0).await?;
        Ok(())
    }
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
