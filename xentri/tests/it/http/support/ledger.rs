//! The ledger as Postgres has it, and a hand on it.

use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use super::Server;

impl Server {
    /// The ids of an org's events, in order; the first is its own making.
    pub(crate) async fn events(&self, org: &str) -> Vec<Uuid> {
        let query = sqlx::query_scalar("select id from event where org_id = $1 order by org_seq");
        query.bind(org.parse::<Uuid>().unwrap()).fetch_all(&mut self.database().await).await.unwrap()
    }

    /// From now on the ledger can be read, but takes nothing.
    pub(crate) async fn hold_the_ledger(&self) -> HeldLedger {
        let mut admin = self.database().await;
        sqlx::query("begin").execute(&mut admin).await.unwrap();
        sqlx::query("lock table event in exclusive mode").execute(&mut admin).await.unwrap();
        HeldLedger(admin)
    }
}

pub(crate) struct HeldLedger(PgConnection);

impl HeldLedger {
    /// Whether an append has come so far that only this hand keeps it from going on.
    pub(crate) async fn is_waited_for(&mut self) -> bool {
        let query = "select exists (select from pg_locks where relation = 'event'::regclass and not granted
            and database = (select oid from pg_database where datname = current_database()))";
        sqlx::query_scalar(query).fetch_one(&mut self.0).await.unwrap()
    }

    pub(crate) async fn let_go(mut self) {
        sqlx::query("commit").execute(&mut self.0).await.unwrap();
        self.0.close().await.unwrap();
    }
}
