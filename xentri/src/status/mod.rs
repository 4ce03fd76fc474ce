//! `xentri status`: how everything does, asked of the database and of Kafka, and of no process.

mod found;
mod screen;

use anyhow::{Context as _, bail};
use sqlx::postgres::PgConnectOptions;
use xentri_ledger::{DatabaseShards, Databases};
use xentri_workers::progress::progress;
use xentri_workers::relay::Topics;

use crate::background::connections;
use crate::cli::StatusOptions;
use crate::config::{ConfigError, Settings};
use crate::serve::settings_beside;
use found::{Base, Found, Kafka, ShardFound};

/// Fails where a database can't be asked or is not migrated; all else is told and no failure.
pub(crate) async fn run(options: StatusOptions) -> anyhow::Result<()> {
    let settings = settings_beside(options.beside)?;
    let map = settings.shard_map()?.ok_or(ConfigError::NoDatabase)?;
    let databases = connections(map.clone())?;
    let kafka = kafka(&settings, map.shards().len()).await?;
    let mut found = Found { databases: Vec::new(), kafka, shards: Vec::new() };
    for database in map.databases() {
        let mut base = ask(database).await?;
        if base.fault.is_none() {
            match shards(&databases, database, found.kafka.as_ref()).await {
                Ok(shards) => found.shards.extend(shards),
                Err(error) => base.fault = Some(format!("{error:#}")),
            }
        }
        found.databases.push(base);
    }
    databases.close().await;
    found.shards.sort_by_key(|shard| shard.shard);
    if options.json {
        println!("{}", serde_json::to_string(&found).context("can't write JSON")?);
    } else {
        println!("{}", screen::text(&found));
    }
    match found.databases.iter().find_map(|base| base.fault.as_ref()) {
        Some(fault) => bail!("{fault}"),
        None => Ok(()),
    }
}

async fn ask(database: &DatabaseShards) -> anyhow::Result<Base> {
    let options: PgConnectOptions = database.url.parse().context("the database URL can't be read")?;
    let address = format!("{}:{}", options.get_host(), options.get_port());
    let shards = database.shards.iter().map(|shard| shard.number()).collect();
    let fault = async {
        let mut connection = xentri_migrations::connect(&database.url).await?;
        xentri_migrations::pending(&mut connection).await
    };
    let fault = match fault.await {
        Ok(missing) if missing.is_empty() => None,
        Ok(missing) => {
            Some(format!("Postgres at {address} lacks {} migrations; run `xentri migrate`", missing.len()))
        }
        Err(error) => Some(format!("{:#}", anyhow::Error::from(error))),
    };
    Ok(Base { address, shards, fault })
}

async fn kafka(settings: &Settings, shards: usize) -> Result<Option<Kafka>, ConfigError> {
    let Some(client) = settings.kafka.client()? else { return Ok(None) };
    let (brokers, topic_prefix, log) =
        (client.brokers.clone(), client.topic_prefix.clone(), client.topics().log());
    let fault = Topics::new(client, shards).check().await.err().map(|error| error.to_string());
    Ok(Some(Kafka { brokers, topic_prefix, log, fault }))
}

async fn shards(
    databases: &Databases,
    database: &DatabaseShards,
    kafka: Option<&Kafka>,
) -> anyhow::Result<Vec<ShardFound>> {
    let progress = progress(databases, &database.shards).await?;
    let log = kafka.map(|kafka| kafka.log.as_str());
    Ok(progress.iter().map(|(shard, progress)| ShardFound::of(*shard, progress, log)).collect())
}
