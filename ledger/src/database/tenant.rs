//! Reads and small writes of one org.

use std::time::Duration;

use sqlx::Transaction;
use sqlx::postgres::{PgConnection, Postgres};
use xentri_domain::kernel::OrgId;

use super::begin::{begin_audit, begin_for, begin_within};
use super::{DatabaseError, Databases};
use crate::shard::Shard;

const READ: &str = "isolation level repeatable read read only";

/// An org and the shard it lives on, as the directory has them: whoever holds one need not ask where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Home {
    org: OrgId,
    shard: Shard,
}

impl Home {
    pub(crate) fn new(org: OrgId, shard: Shard) -> Self {
        Self { org, shard }
    }

    pub fn org(self) -> OrgId {
        self.org
    }

    pub fn shard(self) -> Shard {
        self.shard
    }
}

/// A transaction that sees one org's rows and no others, by row-level security ([`TenantTx::audit`] aside).
#[derive(Debug)]
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    home: Home,
}

impl TenantTx {
    /// Reads only, and all of it as of one moment.
    pub async fn read(databases: &Databases, home: Home) -> Result<Self, DatabaseError> {
        Self::begin(databases, home, READ).await
    }

    /// The same, with the longest time that one of its statements may take: for whoever reads what a client has put together.
    pub async fn read_within(
        databases: &Databases,
        home: Home,
        longest: Duration,
    ) -> Result<Self, DatabaseError> {
        let begin = begin_within(home.org, READ, longest);
        Ok(Self { tx: databases.of(home.shard)?.begin(&begin).await?, home })
    }

    /// The same as the auditor: events, and neither keys nor read models. That role may read the events of all orgs, so here it
    /// is the statements alone that keep to one.
    pub async fn audit(databases: &Databases, home: Home) -> Result<Self, DatabaseError> {
        let tx = databases.of(home.shard)?.begin(&begin_audit(home.org, READ)).await?;
        Ok(Self { tx, home })
    }

    /// For what is no event: snapshots, preferences.
    pub async fn write(databases: &Databases, home: Home) -> Result<Self, DatabaseError> {
        Self::begin(databases, home, "isolation level read committed").await
    }

    async fn begin(databases: &Databases, home: Home, mode: &str) -> Result<Self, DatabaseError> {
        let tx = databases.of(home.shard)?.begin(&begin_for(home.org, mode)).await?;
        Ok(Self { tx, home })
    }

    pub fn home(&self) -> Home {
        self.home
    }

    pub fn org(&self) -> OrgId {
        self.home.org
    }

    pub fn shard(&self) -> Shard {
        self.home.shard
    }

    /// For statements; each names its shard and its org as well.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// What was written counts only after this.
    pub async fn commit(self) -> Result<(), DatabaseError> {
        Ok(self.tx.commit().await?)
    }
}
