//! `xentri up`: everything in one process, on a private Postgres unless a database is named.

use std::time::Instant;

use anyhow::{Context as _, bail};
use serde::Serialize;
use tokio::net::TcpListener;
use xentri_ledger::{MasterKeys, ShardMap};
use xentri_schemas::Environment;

use crate::cli::UpOptions;
use crate::config::Settings;
use crate::data_dir::{DataDir, MASTER_KEY};
use crate::gateway::auth::DEVELOPMENT_KEY;
use crate::postgres::{PrivatePostgres, RunAs};
use crate::serve::{self, Parts};
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
    let mut settings = serve::settings(options.settings)?;
    settings.environment.get_or_insert(Environment::Local);
    let keys = settings.master_keys()?;
    let given = settings.shard_map()?;
    // Before anything is started: a port in use must leave nothing behind.
    let listener = serve::listen(settings.listen).await?;
    // A private Postgres may not be able to run as we do.
    let run_as = if given.is_none() { RunAs::choose()? } else { None };
    let data = DataDir::open(&options.data, run_as.as_ref())?;
    let keys = keys.map_or_else(|| own_keys(&data), Ok)?;
    offer_tokens(&mut settings, &data, &listener)?;
    let start = Start { settings, json: options.json, begin };
    if let Some(map) = given {
        prepare(&map, options.migrate_url.as_deref()).await?;
        return start.serve(listener, map, keys, "as configured", &shutdown).await;
    }
    let postgres = PrivatePostgres::start(&data, options.postgres_bin.as_deref(), run_as, &shutdown).await?;
    let served = async {
        migrate(&postgres.migrate_url()).await?;
        postgres.make_server_login().await?;
        let place = format!("{}, data in {}", postgres.describe(), data.path().display());
        let map = ShardMap::single(postgres.database_url());
        start.serve(listener, map, keys, &place, &shutdown).await
    }
    .await;
    postgres.stop().await;
    served
}

/// Those in the data directory, made at first use.
fn own_keys(data: &DataDir) -> anyhow::Result<MasterKeys> {
    let path = data.path().join(MASTER_KEY);
    let there = std::fs::exists(&path).with_context(|| format!("can't look at {}", path.display()))?;
    if there {
        return Ok(MasterKeys::from_file(&path)?);
    }
    let keys = MasterKeys::create_file(&path)?;
    tracing::info!(file = %path.display(), "a master key was made; without a copy of it, personal data is lost with this file");
    Ok(keys)
}

/// For `xentri token` and `xentri org`: a key that signs tokens, where they would be taken, and where the API is.
fn offer_tokens(settings: &mut Settings, data: &DataDir, listener: &TcpListener) -> anyhow::Result<()> {
    let address = listener.local_addr().context("the listener has no address")?;
    if settings.environment == Some(Environment::Local) && address.ip().is_loopback() {
        data.secret(DEVELOPMENT_KEY)?;
        settings.auth.development_key.get_or_insert(data.path().join(DEVELOPMENT_KEY));
    }
    data.announce_api(&serve::url(listener)?)
}

/// Databases of somebody else's.
async fn prepare(map: &ShardMap, migrate_url: Option<&str>) -> anyhow::Result<()> {
    if let Some(migrate_url) = migrate_url {
        migrate(migrate_url).await?;
    }
    for database in map.databases() {
        refuse_old_schema(&database.url).await?;
    }
    Ok(())
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

/// What is known before there is a database.
struct Start {
    settings: Settings,
    json: bool,
    begin: Instant,
}

impl Start {
    /// Tells where it is, then serves.
    async fn serve(
        self,
        listener: TcpListener,
        map: ShardMap,
        keys: MasterKeys,
        postgres: &str,
        shutdown: &Shutdown,
    ) -> anyhow::Result<()> {
        serve::refuse_privileged_logins(&map).await?;
        let api = serve::url(&listener)?;
        if self.json {
            let database_url = map.databases().first().map_or("", |database| &database.url);
            let ready = Ready { api: &api, database_url };
            println!("{}", serde_json::to_string(&ready).context("can't write JSON")?);
        } else {
            println!("Xentri is up after {:.1} s.", self.begin.elapsed().as_secs_f64());
            println!("  API       {api}  (try {api}/health/ready)");
            println!("  Postgres  {postgres}");
            println!("Ctrl-C stops everything; the data stays.");
        }
        serve::serve(listener, &self.settings, Parts { map, keys, alone: false }, shutdown).await
    }
}
