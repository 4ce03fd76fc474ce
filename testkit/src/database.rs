//! A database of its own for every test, cloned from a template that is migrated once a cluster.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::servers::postgres_url;

const SERVER_LOGIN: &str = "xentri_server";
const SERVER_PASSWORD: &str = "test";
/// Held while the template is made, so that test binaries running side by side make one.
const TEMPLATE_LOCK: i64 = 0x0058_454e_5452_4902;

/// A fresh, migrated, empty database; dropped with the value.
pub struct TestDb {
    name: String,
}

impl TestDb {
    pub async fn new() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(make_template).await;
        let name = format!("test_{}", Uuid::new_v4().simple());
        let mut postgres = connect(&admin("postgres")).await;
        execute(&mut postgres, format!("create database {name} template {template}")).await;
        Self { name }
    }

    /// A database without any of Xentri's objects: for what runs before or instead of the migrations.
    pub async fn empty() -> Self {
        let name = format!("test_{}", Uuid::new_v4().simple());
        execute(&mut connect(&admin("postgres")).await, format!("create database {name}")).await;
        Self { name }
    }

    /// Another with all that is in this one now, as a backup would have it. Nobody may be connected to this one.
    pub async fn copy(&self) -> Self {
        let name = format!("test_{}", Uuid::new_v4().simple());
        let mut postgres = connect(&admin("postgres")).await;
        execute(&mut postgres, format!("create database {name} template {}", self.name)).await;
        Self { name }
    }

    /// The superuser's URL: row-level security does not apply to it.
    pub fn admin_url(&self) -> String {
        admin(&self.name).to_url_lossy().to_string()
    }

    /// The URL of the login that servers use: it can do nothing before it sets a role.
    pub fn server_url(&self) -> String {
        self.server().to_url_lossy().to_string()
    }

    pub async fn connect_as_admin(&self) -> PgConnection {
        connect(&admin(&self.name)).await
    }

    pub async fn connect_as_server(&self) -> PgConnection {
        connect(&self.server()).await
    }

    fn server(&self) -> PgConnectOptions {
        admin(&self.name).username(SERVER_LOGIN).password(SERVER_PASSWORD)
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        // A drop can't await, and the test's own runtime may be ending: a thread with a runtime of its own can.
        let name = std::mem::take(&mut self.name);
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut postgres = connect(&admin("postgres")).await;
                execute(&mut postgres, format!("drop database if exists {name} with (force)")).await;
            });
        });
        let dropped = dropping.join().is_ok();
        // A second panic would hide what the test itself has to say.
        assert!(dropped || std::thread::panicking(), "a test's database could not be dropped");
    }
}

/// Named by what the migrations say, so that a changed migration makes a new one.
async fn make_template() -> String {
    let name = format!("xentri_template_{:016x}", xentri_migrations::fingerprint());
    let mut postgres = connect(&admin("postgres")).await;
    sqlx::query("select pg_advisory_lock($1)").bind(TEMPLATE_LOCK).execute(&mut postgres).await.unwrap();
    let exists: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1 and datistemplate)")
            .bind(&name)
            .fetch_one(&mut postgres)
            .await
            .unwrap();
    if !exists {
        // Marked as a template only when it is whole: one that a crash left half made is made again.
        execute(&mut postgres, format!("drop database if exists {name}")).await;
        execute(&mut postgres, format!("create database {name}")).await;
        let url = admin(&name).to_url_lossy().to_string();
        xentri_migrations::migrate(&url, |_| {}).await.unwrap_or_else(|error| panic!("{error}"));
        xentri_migrations::ensure_server_login(&mut postgres, SERVER_LOGIN, SERVER_PASSWORD).await.unwrap();
        execute(&mut postgres, format!("alter database {name} is_template true")).await;
    }
    postgres.close().await.unwrap();
    name
}

fn admin(database: &str) -> PgConnectOptions {
    PgConnectOptions::from_str(postgres_url()).expect("XENTRI_TEST_POSTGRES is a URL").database(database)
}

async fn connect(options: &PgConnectOptions) -> PgConnection {
    options.connect().await.unwrap_or_else(|error| {
        panic!("the test Postgres does not answer ({error}); `infra/dev/postgres status` tells more")
    })
}

async fn execute(connection: &mut PgConnection, statement: String) {
    // Made of names from this file only.
    connection
        .execute(AssertSqlSafe(statement.clone()))
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
}
