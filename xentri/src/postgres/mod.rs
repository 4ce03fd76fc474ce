//! A private Postgres: made, started, watched and stopped by this process, reachable from this machine only.
//!
//! Not here: what is in it (`xentri-migrations`).

mod cluster;
mod process;
mod programs;
mod run_as;

use std::path::Path;

use anyhow::Context as _;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::data_dir::DataDir;
use crate::shutdown::Shutdown;
use cluster::Cluster;
pub(crate) use run_as::RunAs;

const SUPERUSER: &str = "xentri_superuser";
const SERVER_LOGIN: &str = "xentri_server";
const DATABASE: &str = "xentri";

/// Runs until [`PrivatePostgres::stop`]; a Postgres that ends by itself is started again.
pub(crate) struct PrivatePostgres {
    version: String,
    port: u16,
    superuser_password: String,
    server_password: String,
    stop: oneshot::Sender<()>,
    watching: JoinHandle<()>,
}

impl PrivatePostgres {
    pub(crate) async fn start(
        data: &DataDir,
        programs: Option<&Path>,
        run_as: Option<RunAs>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Self> {
        let superuser_password = data.secret("postgres-superuser.password")?;
        let server_password = data.secret("postgres-server.password")?;
        let cluster = Cluster::open(data.path(), programs, run_as)?;
        cluster.end_orphan().await?;
        cluster.make_if_new(SUPERUSER, &superuser_password).await?;
        let port = cluster.choose_port()?;
        let login = url(SUPERUSER, &superuser_password, port, "postgres");
        let process = process::start(&cluster, port, &login, shutdown).await?;
        let (stop, stopped) = oneshot::channel();
        let version = cluster.programs.version.clone();
        let watching = tokio::spawn(process::watch(process, cluster, port, login, shutdown.clone(), stopped));
        let postgres = Self { version, port, superuser_password, server_password, stop, watching };
        if let Err(error) = postgres.make_database().await {
            postgres.stop().await;
            return Err(error);
        }
        Ok(postgres)
    }

    pub(crate) async fn stop(self) {
        // Where the watcher has gone, so has what it watched.
        let _ = self.stop.send(());
        if let Err(error) = self.watching.await {
            tracing::error!(%error, "the private Postgres was not stopped in order");
        }
    }

    pub(crate) fn describe(&self) -> String {
        format!("{} on 127.0.0.1:{}", self.version, self.port)
    }

    /// The login that migrates: a superuser.
    pub(crate) fn migrate_url(&self) -> String {
        url(SUPERUSER, &self.superuser_password, self.port, DATABASE)
    }

    /// The login that serves: it has no right of its own.
    pub(crate) fn database_url(&self) -> String {
        url(SERVER_LOGIN, &self.server_password, self.port, DATABASE)
    }

    /// After the migrations, which make the roles that the login becomes.
    pub(crate) async fn make_server_login(&self) -> anyhow::Result<()> {
        let mut connection = xentri_migrations::connect(&self.migrate_url()).await?;
        xentri_migrations::ensure_server_login(&mut connection, SERVER_LOGIN, &self.server_password).await?;
        Ok(())
    }

    async fn make_database(&self) -> anyhow::Result<()> {
        let login = url(SUPERUSER, &self.superuser_password, self.port, "postgres");
        let mut connection = xentri_migrations::connect(&login).await?;
        let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(DATABASE)
            .fetch_one(&mut connection)
            .await
            .context("can't list databases")?;
        if !exists {
            sqlx::query("create database xentri")
                .execute(&mut connection)
                .await
                .context("can't make the database")?;
        }
        Ok(())
    }
}

fn url(login: &str, password: &str, port: u16, database: &str) -> String {
    format!("postgres://{login}:{password}@127.0.0.1:{port}/{database}?sslmode=disable")
}
