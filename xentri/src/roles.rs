//! `xentri relay`, `xentri work` and `xentri schedule`: a part of what `serve` does, in a process of its own.

use std::sync::Arc;

use anyhow::Context as _;
use xentri_commands::{DispatchSettings, Dispatcher};
use xentri_ledger::{Ledger, LedgerSettings, MasterKeys, ShardMap};
use xentri_schemas::Environment;
use xentri_workers::feed::Heads;

use crate::background;
use crate::cli::RoleOptions;
use crate::clock::SystemClock;
use crate::config::{ConfigError, Settings};
use crate::serve::{refuse_privileged_logins, settings};
use crate::shutdown::Shutdown;

pub(crate) async fn relay(options: RoleOptions) -> anyhow::Result<()> {
    let (settings, map, shutdown) = begin(options).await?;
    let kafka = settings.kafka.client()?.ok_or(ConfigError::NoKafka)?;
    let databases = background::connections(map)?;
    tracing::info!(brokers = kafka.brokers, "relaying");
    background::relay(
        databases.clone(),
        Heads::watch(&databases),
        kafka,
        settings.kafka.new_topics(),
        &shutdown,
    )
    .await?;
    databases.close().await;
    Ok(())
}

pub(crate) async fn work(options: RoleOptions) -> anyhow::Result<()> {
    let (settings, map, shutdown) = begin(options).await?;
    let kafka = settings.kafka.client()?;
    let databases = background::connections(map.clone())?;
    let heads = if kafka.is_some() { Heads::watch_seldom(&databases) } else { Heads::watch(&databases) };
    let (ledger, dispatcher) = open(&settings, map)?;
    tracing::info!(
        from = if kafka.is_some() { "Kafka" } else { "the ledger" },
        "keeping read models up to date"
    );
    background::work(databases.clone(), heads, ledger.clone(), dispatcher, kafka, shutdown).await;
    databases.close().await;
    ledger.close().await;
    Ok(())
}

pub(crate) async fn schedule(options: RoleOptions) -> anyhow::Result<()> {
    let (settings, map, shutdown) = begin(options).await?;
    let (ledger, dispatcher) = open(&settings, map)?;
    tracing::info!("running the jobs");
    background::schedule(ledger.clone(), dispatcher, shutdown).await;
    ledger.close().await;
    Ok(())
}

async fn begin(options: RoleOptions) -> anyhow::Result<(Settings, ShardMap, Shutdown)> {
    let shutdown = Shutdown::on_signal()?;
    let settings = settings(options.settings)?;
    let map = settings.shard_map()?.ok_or(ConfigError::NoDatabase)?;
    refuse_privileged_logins(&map).await?;
    Ok((settings, map, shutdown))
}

fn open(settings: &Settings, map: ShardMap) -> anyhow::Result<(Ledger, Dispatcher)> {
    let keys = settings.master_keys()?.ok_or(ConfigError::NoMasterKey)?;
    open_with(settings, map, keys)
}

pub(crate) fn open_with(
    settings: &Settings,
    map: ShardMap,
    keys: MasterKeys,
) -> anyhow::Result<(Ledger, Dispatcher)> {
    let deadline = settings.commands.deadline.get();
    let ledger = Ledger::open(map, Arc::new(keys), &LedgerSettings::default().with_patience(deadline))
        .context("the database URL can't be read")?;
    let environment = settings.environment.unwrap_or(Environment::Prod);
    let dispatcher =
        Dispatcher::new(ledger.clone(), Arc::new(SystemClock), DispatchSettings { environment, deadline });
    Ok((ledger, dispatcher))
}
