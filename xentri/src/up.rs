//! `xentri up`: everything in one process, on a private Postgres unless a database is named.

use std::time::Instant;

use anyhow::{Context as _, bail};
use serde::Serialize;
use tokio::net::TcpListener;

use crate::cli::UpOptions;
use crate::data_dir::DataDir;
use crate::postgres::{PrivatePostgres, RunAs};
use crate::serve;
use crate::shutdown::Shutdown;

/// The line that `--json` prints for programs.
#[derive(Serialize)]
struct Ready<'a> {
    api: &'a str,
    database_url: &'a str,
}

pub(crate) async fn run(options: UpOptions) -> anyhow::Result<()> {
    let begin = Instant::now();
    let shutdown = Shutdown::on_signal()?;
    // Before anything is started: a port in use must leave nothing behind.
    let listener = serve::listen(options.listen).await?;
    if let Some(database_url) = &options.database_url {
        if let Some(migrate_url) = &options.migrate_url {
            migrate(migrate_url).await?;
        }
        refuse_old_schema(database_url).await?;
        return serve_and_tell(&options, listener, database_url, "given by DATABASE_URL", &shutdown, begin)
            .await;
    }
    let run_as = RunAs::choose()?;
    let data = DataDir::open(&options.data, run_as.as_ref())?;
    let postgres = PrivatePostgres::start(&data, options.postgres_bin.as_deref(), run_as, &shutdown).await?;
    let served = async {
        migrate(&postgres.migrate_url()).await?;
        postgres.make_server_login().await?;
        let place = format!("{}, data in {}", postgres.describe(), data.path().display());
        serve_and_tell(&options, listener, &postgres.database_url(), &place, &shutdown, begin).await
    }
    .await;
    postgres.stop().await;
    served
}

async fn migrate(url: &str) -> anyhow::Result<()> {
    let applied = xentri_migrations::migrate(url, |step| tracing::debug!(%step, "migrated")).await?;
    if !applied.is_empty() {
        tracing::info!(migrations = applied.len(), "the database is at this binary's schema");
    }
    Ok(())
}

async fn refuse_old_schema(database_url: &str) -> anyhow::Result<()> {
    let mut connection = xentri_migrations::connect(database_url).await?;
    let missing = xentri_migrations::pending(&mut connection).await?;
    if !missing.is_empty() {
        bail!(
            "the database lacks {} migrations; run `xentri migrate`, or set XENTRI_MIGRATE_URL",
            missing.len()
        );
    }
    Ok(())
}

async fn serve_and_tell(
    options: &UpOptions,
    listener: TcpListener,
    database_url: &str,
    postgres: &str,
    shutdown: &Shutdown,
    begin: Instant,
) -> anyhow::Result<()> {
    serve::refuse_privileged_login(database_url).await?;
    let api = serve::url(&listener)?;
    if options.json {
        println!(
            "{}",
            serde_json::to_string(&Ready { api: &api, database_url }).context("can't write JSON")?
        );
    } else {
        println!("Xentri is up after {:.1} s.", begin.elapsed().as_secs_f64());
        println!("  API       {api}  (try {api}/health/ready)");
        println!("  Postgres  {postgres}");
        println!("Ctrl-C stops everything; the data stays.");
    }
    serve::serve(listener, database_url, shutdown).await
}
