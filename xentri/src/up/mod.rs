//! `xentri up`: everything in one process, on a private Postgres unless a database is named.

mod beside;
mod demo;
mod ready;
mod topic_prefix;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;
use xentri_ledger::{MasterKeys, ShardMap};
use xentri_schemas::Environment;

use crate::admin::Admin;
use crate::cli::UpOptions;
use crate::config::Settings;
use crate::data_dir::{DataDir, MASTER_KEY};
use crate::gateway::auth::DEVELOPMENT_KEY;
use crate::postgres::{PrivatePostgres, RunAs};
use crate::serve::{self, Parts};
use crate::shutdown::Shutdown;
use beside::Beside;
use demo::OrgWithTokens;
use ready::Ready;
use topic_prefix::topic_prefix;

pub(crate) async fn run(options: UpOptions) -> anyhow::Result<()> {
    let begin = Instant::now();
    let shutdown = Shutdown::on_signal()?;
    let mut settings = serve::settings(options.settings)?;
    settings.environment.get_or_insert(Environment::Local);
    let spare_kafka = take_spare(&mut settings, options.kafka)?;
    let keys = settings.master_keys()?;
    let given = settings.shard_map()?;
    // Before anything is started: a port in use must leave nothing behind.
    let listener = serve::listen(settings.listen).await?;
    let admin = Admin::bind(&settings).await?;
    // A private Postgres may not be able to run as we do.
    let run_as = if given.is_none() { RunAs::choose()? } else { None };
    let data = DataDir::open(&options.data, run_as.as_ref())?;
    let (own_key, keys) = match keys {
        Some(keys) => (None, keys),
        None => own_keys(&data).map(|(file, keys)| (Some(file), keys))?,
    };
    let keys = Arc::new(keys);
    offer_tokens(&mut settings, &data, &listener)?;
    let start = Start {
        demo: options.demo,
        settings,
        admin,
        json: options.json,
        begin,
        named: options.data,
        data: &data,
        own_key,
        spare_kafka,
    };
    if let Some(map) = given {
        prepare(&map, options.migrate_url.as_deref()).await?;
        let base = Base { map, postgres: "as configured".to_owned(), is_own: false };
        return start.serve(listener, base, keys, &shutdown).await;
    }
    let programs = options.postgres_bin.as_deref();
    let postgres = PrivatePostgres::start(&data, programs, run_as, &shutdown).await?;
    let served = async {
        migrate(&postgres.migrate_url()).await?;
        postgres.make_server_login().await?;
        let place = format!("{}, data in {}", postgres.describe(), data.path().display());
        let base = Base { map: ShardMap::single(postgres.database_url()), postgres: place, is_own: true };
        start.serve(listener, base, keys, &shutdown).await
    }
    .await;
    postgres.stop().await;
    served
}

/// Whether it is needed.
fn take_spare(settings: &mut Settings, spare: Option<String>) -> anyhow::Result<bool> {
    let spare = spare.filter(|brokers| !brokers.is_empty());
    let is_needed = spare.is_some() && settings.kafka.client()?.is_none();
    if is_needed {
        settings.kafka.brokers = spare;
        settings.kafka.client()?;
    }
    Ok(is_needed)
}

/// Those in the data directory, made at first use, and their file.
fn own_keys(data: &DataDir) -> anyhow::Result<(PathBuf, MasterKeys)> {
    let path = data.path().join(MASTER_KEY);
    let there = std::fs::exists(&path).with_context(|| format!("can't look at {}", path.display()))?;
    if there {
        let keys = MasterKeys::from_file(&path)?;
        return Ok((path, keys));
    }
    let keys = MasterKeys::create_file(&path)?;
    tracing::info!(file = %path.display(), "a master key was made; without a copy of it, personal data is lost with this file");
    Ok((path, keys))
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
struct Start<'d> {
    /// Whether demo data is wanted.
    demo: bool,
    settings: Settings,
    admin: Option<Admin>,
    json: bool,
    begin: Instant,
    /// The data directory, as the command line names it and as it is.
    named: PathBuf,
    data: &'d DataDir,
    /// The file with the master key, where it is ours.
    own_key: Option<PathBuf>,
    /// Nobody has named a Kafka; this one is for whoever needs one.
    spare_kafka: bool,
}

/// The Postgres that it runs on.
struct Base {
    map: ShardMap,
    /// For people.
    postgres: String,
    is_own: bool,
}

impl Start<'_> {
    /// Tells where it is, then serves.
    async fn serve(
        mut self,
        listener: TcpListener,
        base: Base,
        keys: Arc<MasterKeys>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<()> {
        serve::refuse_privileged_logins(&base.map).await?;
        let database_url = base.map.databases().first().map_or("", |database| &database.url);
        self.name_topics(database_url, base.is_own).await?;
        let kafka = self.settings.kafka.client()?;
        let beside = Beside {
            environment: self.settings.environment,
            database_url: base.is_own.then_some(database_url),
            master_key_file: self.own_key.as_deref(),
            kafka: kafka.as_ref().map(Into::into),
        };
        self.data.leave_settings(&beside.as_file()?)?;
        let api = serve::url(&listener)?;
        let orgs = tokio::select! {
            orgs = self.orgs(&base.map, &keys) => orgs?,
            // What is missing is given next time.
            () = shutdown.requested() => return Ok(()),
        };
        let ready = Ready {
            api: &api,
            admin: self.admin.as_ref().map(Admin::url),
            graphiql: self.settings.environment == Some(Environment::Local),
            database_url,
            postgres: &base.postgres,
            kafka: kafka.as_ref(),
            data: &self.named,
            orgs: orgs.as_deref(),
            after: self.begin.elapsed(),
        };
        println!("{}", if self.json { ready.as_json()? } else { ready.as_text() });
        let parts = Parts { map: base.map, keys, alone: false, admin: self.admin };
        serve::serve(listener, &self.settings, parts, shutdown).await
    }

    /// Those of the demo, where it is wanted.
    async fn orgs(
        &self,
        map: &ShardMap,
        keys: &Arc<MasterKeys>,
    ) -> anyhow::Result<Option<Vec<OrgWithTokens>>> {
        if self.demo { demo::orgs(map, keys, &self.settings, self.data).await } else { Ok(None) }
    }

    /// Where database and Kafka are both somebody's, so are the names there.
    async fn name_topics(&mut self, database_url: &str, own_database: bool) -> anyhow::Result<()> {
        let kafka = &mut self.settings.kafka;
        let is_ours = own_database || self.spare_kafka;
        if is_ours && kafka.topic_prefix.is_none() && kafka.client()?.is_some() {
            let directory = own_database.then(|| self.data.path());
            kafka.topic_prefix = Some(topic_prefix(database_url, directory).await?);
        }
        Ok(())
    }
}
