//! Analysts by SQL: what a login of their own may see. And the Python that their page names, for all who try it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use uuid::Uuid;
use xentri_testkit::python_with;

use crate::http::support::Server;
use crate::process::eventually;

/// With the packages that `examples/analyst` names. It stands in `bin/python` of its virtual environment.
pub(crate) static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/analyst/requirements.txt");
    python_with(&requirements, &Path::new(env!("CARGO_TARGET_TMPDIR")).join("analyst"))
});

/// A login as the page for analysts makes it. Logins belong to the whole cluster, so it has a name that nobody else has, and goes
/// with the value.
struct Analyst {
    name: String,
    options: PgConnectOptions,
    admin: PgConnection,
}

impl Analyst {
    async fn of(server: &Server) -> Self {
        let (name, mut admin) = (format!("ana_{}", Uuid::new_v4().simple()), server.database().await);
        let make = format!("create role {name} login inherit password 'change-me' in role xentri_analyst");
        admin.execute(AssertSqlSafe(make)).await.unwrap();
        let options: PgConnectOptions = server.database_url().parse().unwrap();
        let options = options.username(&name).password("change-me");
        Self { name, options, admin }
    }

    /// None names no org.
    async fn log_in(&self, org: Option<&str>) -> PgConnection {
        let mut connection = PgConnection::connect_with(&self.options).await.unwrap();
        if let Some(org) = org {
            let name = "select set_config('app.current_org_id', $1, false)";
            sqlx::query(name).bind(org).execute(&mut connection).await.unwrap();
        }
        connection
    }

    async fn end(mut self) {
        self.admin.execute(AssertSqlSafe(format!("drop role {}", self.name))).await.unwrap();
    }
}

async fn count(connection: &mut PgConnection, view: &str, condition: &str) -> i64 {
    let count = format!("select count(*) from read.{view} where {condition}");
    sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_logs_in_as_an_analyst_sees_the_rows_of_the_org_that_is_named() {
    let server = Server::with(&[]).await;
    let (bakery, other) = (server.owner().await, server.owner().await);
    for (owner, leads) in [(&bakery, 2), (&other, 3)] {
        for _ in 0..leads {
            owner.lead().await;
        }
    }
    let mut admin = server.database().await;
    eventually("all are read", async || count(&mut admin, "leads_v1", "true").await == 5).await;
    let analyst = Analyst::of(&server).await;
    let all = "select viewname::text from pg_views where schemaname = 'read'";
    let views: Vec<String> = sqlx::query_scalar(all).fetch_all(&mut admin).await.unwrap();
    assert!(views.len() >= 13, "{views:?}");
    let (mut nobody, mut of_bakery, mut of_other) = (
        analyst.log_in(None).await,
        analyst.log_in(Some(&bakery.org)).await,
        analyst.log_in(Some(&other.org)).await,
    );
    for view in &views {
        assert_eq!(count(&mut nobody, view, "true").await, 0, "{view}: no org is named");
        let others = format!("org_id <> '{}'", bakery.org);
        assert_eq!(count(&mut of_bakery, view, &others).await, 0, "{view}");
    }
    assert_eq!(count(&mut of_bakery, "leads_v1", "name = 'Ada Lovelace'").await, 2);
    assert_eq!(count(&mut of_other, "leads_v1", "true").await, 3);
    drop((nobody, of_bakery, of_other));
    analyst.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analyst_changes_nothing_and_sees_neither_the_ledger_nor_a_key() {
    let server = Server::with(&[]).await;
    let owner = server.owner().await;
    owner.lead().await;
    let analyst = Analyst::of(&server).await;
    let mut connection = analyst.log_in(Some(&owner.org)).await;
    for refused in [
        "delete from read.leads_v1",
        "update read.leads_v1 set name = 'Eve'",
        "insert into read.pipeline_v1 select * from read.pipeline_v1",
        "select body from event",
        "select * from org",
        "select * from org_key",
        "select * from subject_key",
        "select * from parked_event",
        "create table read.mine (id int)",
        "set role xentri_worker",
        "set role xentri_app",
        "select app.drop_generation('leads', 1, 1)",
    ] {
        let error = connection.execute(AssertSqlSafe(refused)).await.expect_err(refused);
        let code = error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
        assert_eq!(code.as_deref(), Some("42501"), "{refused}: {error}");
    }
    drop(connection);
    analyst.end().await;
}
