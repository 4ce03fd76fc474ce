//! `xentri relay`, `xentri work` and `xentri schedule`: a part of what `serve` does, in a process of its own.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::task::JoinHandle;
use xentri_commands::{DispatchSettings, Dispatcher};
use xentri_ledger::{Ledger, LedgerSettings, MasterKeys, ShardMap};
use xentri_schemas::Environment;
use xentri_workers::feed::Heads;

use crate::admin::{self, Admin};
use crate::background;
use crate::cli::RoleOptions;
use crate::clock::SystemClock;
use crate::config::{ConfigError, Settings};
use crate::gateway::Health;
use crate::metrics::Metrics;
use crate::serve::{refuse_privileged_logins, settings};
use crate::shutdown::Shutdown;

const UNREADABLE: &str = "the database URL can't be read";

pub(crate) async fn relay(options: RoleOptions) -> anyhow::Result<()> {
    let mut role = Role::begin(options).await?;
    let kafka = role.settings.kafka.client()?.ok_or(ConfigError::NoKafka)?;
    let databases = background::connections(role.map.clone())?;
    let heads = Heads::watch_gathering(&databases);
    role.metrics.watch_background(&databases, &heads);
    let attended = role.attend(None)?;
    tracing::info!(brokers = kafka.brokers, "relaying");
    let topics = role.settings.kafka.new_topics();
    background::relay(databases.clone(), heads, kafka, topics, &role.metrics, &role.shutdown).await?;
    databases.close().await;
    attended.end().await;
    Ok(())
}

pub(crate) async fn work(options: RoleOptions) -> anyhow::Result<()> {
    let mut role = Role::begin(options).await?;
    let kafka = role.settings.kafka.client()?;
    let databases = background::connections(role.map.clone())?;
    let heads = if kafka.is_some() { Heads::watch_seldom(&databases) } else { Heads::watch(&databases) };
    let (ledger, dispatcher) = role.open()?;
    role.metrics.watch_background(&databases, &heads);
    let attended = role.attend(Some(&ledger))?;
    tracing::info!(
        from = if kafka.is_some() { "Kafka" } else { "the ledger" },
        "keeping read models up to date"
    );
    let (metrics, shutdown) = (role.metrics.clone(), role.shutdown.clone());
    background::work(databases.clone(), heads, ledger.clone(), dispatcher, kafka, metrics, shutdown).await;
    databases.close().await;
    ledger.close().await;
    attended.end().await;
    Ok(())
}

pub(crate) async fn schedule(options: RoleOptions) -> anyhow::Result<()> {
    let mut role = Role::begin(options).await?;
    let (ledger, dispatcher) = role.open()?;
    let attended = role.attend(Some(&ledger))?;
    tracing::info!("running the jobs");
    let (metrics, shutdown) = (role.metrics.clone(), role.shutdown.clone());
    let databases = background::connections(role.map.clone())?;
    let settle = role.settings.http.request_timeout.get();
    background::schedule(databases.clone(), ledger.clone(), dispatcher, settle, metrics, shutdown).await;
    databases.close().await;
    ledger.close().await;
    attended.end().await;
    Ok(())
}

/// What every role begins with.
struct Role {
    settings: Settings,
    map: ShardMap,
    metrics: Metrics,
    /// Until it is attended to.
    admin: Option<Admin>,
    shutdown: Shutdown,
}

/// The admin address of a role, and what it looks through.
struct Attended {
    admin: Option<JoinHandle<()>>,
    health: Health,
}

impl Role {
    async fn begin(options: RoleOptions) -> anyhow::Result<Self> {
        let shutdown = Shutdown::on_signal()?;
        let settings = settings(options.settings)?;
        let map = settings.shard_map()?.ok_or(ConfigError::NoDatabase)?;
        let admin = Admin::bind(&settings).await?;
        refuse_privileged_logins(&map).await?;
        Ok(Self { settings, map, metrics: Metrics::new(), admin, shutdown })
    }

    fn open(&self) -> anyhow::Result<(Ledger, Dispatcher)> {
        let keys = self.settings.master_keys()?.ok_or(ConfigError::NoMasterKey)?;
        let (ledger, dispatcher) = open_with(&self.settings, self.map.clone(), keys)?;
        self.metrics.watch_ledger(&ledger, &dispatcher);
        Ok((ledger, dispatcher))
    }

    /// `ledger`: what is appended through, where anything is.
    fn attend(&mut self, ledger: Option<&Ledger>) -> anyhow::Result<Attended> {
        let health = Health::new(&self.map, ledger.cloned()).context(UNREADABLE)?;
        let Self { settings, metrics, shutdown, .. } = self;
        let admin = self.admin.take();
        let admin = admin.map(|admin| admin.start(metrics.clone(), health.clone(), settings, shutdown));
        Ok(Attended { admin, health })
    }
}

impl Attended {
    async fn end(self) {
        admin::ended(self.admin).await;
        self.health.close().await;
    }
}

pub(crate) fn open_with(
    settings: &Settings,
    map: ShardMap,
    keys: MasterKeys,
) -> anyhow::Result<(Ledger, Dispatcher)> {
    let deadline = settings.commands.deadline.get();
    let patient = LedgerSettings::default().with_patience(deadline);
    let ledger = Ledger::open(map, Arc::new(keys), &patient).context(UNREADABLE)?;
    let environment = settings.environment.unwrap_or(Environment::Prod);
    let settings = DispatchSettings { environment, deadline };
    let dispatcher = Dispatcher::new(ledger.clone(), Arc::new(SystemClock), settings);
    Ok((ledger, dispatcher))
}
