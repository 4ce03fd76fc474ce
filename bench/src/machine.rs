//! What the numbers were measured on.

use anyhow::{Context as _, ensure};
use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _};

/// Above this something else takes part of the cores that clients and Postgres share.
const QUIET: f64 = 0.5;

#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cores: usize,
    /// Runnable processes, averaged over the last minute; none where the system does not tell.
    load_average: Option<f64>,
    postgres: String,
    fsync: String,
    synchronous_commit: String,
    full_page_writes: String,
    shared_buffers: String,
}

impl Machine {
    /// Refuses a Postgres that answers before the event would survive a crash.
    pub(crate) async fn look() -> anyhow::Result<Self> {
        let mut postgres = connect().await?;
        let machine = Self {
            cores: std::thread::available_parallelism()?.get(),
            load_average: load_average(),
            postgres: setting(&mut postgres, "server_version").await?,
            fsync: setting(&mut postgres, "fsync").await?,
            synchronous_commit: setting(&mut postgres, "synchronous_commit").await?,
            full_page_writes: setting(&mut postgres, "full_page_writes").await?,
            shared_buffers: setting(&mut postgres, "shared_buffers").await?,
        };
        ensure!(machine.fsync == "on", "fsync is {}: only a durable Postgres is measured", machine.fsync);
        ensure!(
            machine.synchronous_commit == "on",
            "synchronous_commit is {}: only a durable Postgres is measured",
            machine.synchronous_commit
        );
        Ok(machine)
    }

    pub(crate) fn warning(&self) -> Option<String> {
        self.load_average.filter(|load| *load > QUIET).map(|load| {
            format!("the load average is {load}: something else is running, and the numbers will show it")
        })
    }

    pub(crate) fn describe(&self) -> String {
        let load = self.load_average.map_or("unknown".to_owned(), |load| load.to_string());
        format!(
            "{} cores, load average at the start {load}; PostgreSQL {}, fsync {}, synchronous_commit {}, \
             full_page_writes {}, shared_buffers {}",
            self.cores,
            self.postgres,
            self.fsync,
            self.synchronous_commit,
            self.full_page_writes,
            self.shared_buffers
        )
    }
}

/// Nobody is to pay for the pages that the one before left to be written.
pub(crate) async fn checkpoint() -> anyhow::Result<()> {
    connect().await?.execute("checkpoint").await?;
    Ok(())
}

async fn connect() -> anyhow::Result<PgConnection> {
    PgConnection::connect(xentri_testkit::postgres_url()).await.context("the test Postgres does not answer")
}

async fn setting(postgres: &mut PgConnection, name: &str) -> anyhow::Result<String> {
    Ok(sqlx::query_scalar("select current_setting($1)").bind(name).fetch_one(postgres).await?)
}

fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}
