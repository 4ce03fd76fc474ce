//! `xentri dlq`: parked events, listed, shown, tried again or left out for good.
//!
//! Works on the database itself, beside the processes that run. Not here: what each of it does (`xentri-workers`).

mod discard;
mod list;
mod options;
mod retry;

use anyhow::Context as _;
use serde_json::{Value, json};
use xentri_commands::Dispatcher;
use xentri_ledger::{Ledger, MasterKeys, ShardMap};
use xentri_projections::read_models;
use xentri_schemas::Environment;
use xentri_workers::parked::{Parked, ParkedEvent};
use xentri_workers::reactors::Reactions;

pub(crate) use options::DlqCommand;
use options::LedgerOptions;

use crate::config::{ConfigError, Settings};
use crate::data_dir::{DataDir, MASTER_KEY};
use crate::postgres;
use crate::roles::open_with;
use crate::serve::{refuse_privileged_logins, settings};

pub(crate) async fn run(command: DlqCommand) -> anyhow::Result<()> {
    match command {
        DlqCommand::List(options) => list::list(options).await,
        DlqCommand::Show(options) => list::show(options).await,
        DlqCommand::Retry(options) => retry::run(options).await,
        DlqCommand::Discard(options) => discard::run(options).await,
    }
}

/// Ends in order when it is closed: nothing that it has begun is cut off.
struct Opened {
    parked: Parked,
    ledger: Ledger,
}

impl Opened {
    async fn with<T>(
        options: LedgerOptions,
        work: impl AsyncFnOnce(&Parked) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let opened = Self::open(options).await?;
        let done = work(&opened.parked).await;
        opened.ledger.close().await;
        done
    }

    async fn open(options: LedgerOptions) -> anyhow::Result<Self> {
        let mut settings = settings(options.settings)?;
        let (map, keys) = match settings.shard_map()? {
            Some(map) => (map, settings.master_keys()?.ok_or(ConfigError::NoMasterKey)?),
            None => of_data_dir(&mut settings, &options.data)?,
        };
        refuse_privileged_logins(&map).await?;
        let (ledger, dispatcher): (Ledger, Dispatcher) = open_with(&settings, map, keys)?;
        let parked = Parked::new(ledger.databases().clone(), ledger.keys().clone(), read_models())
            .with_reactions(Reactions::new(ledger.clone(), dispatcher));
        Ok(Self { parked, ledger })
    }
}

/// What a running `xentri up` stands on.
fn of_data_dir(settings: &mut Settings, data: &std::path::Path) -> anyhow::Result<(ShardMap, MasterKeys)> {
    let directory = DataDir::find(data)?;
    let url = postgres::database_url_of(&directory)?.ok_or(ConfigError::NoDatabase).with_context(|| {
        format!("{} has no database of `xentri up` either; name its directory with --data", data.display())
    })?;
    settings.environment.get_or_insert(Environment::Local);
    let keys = match settings.master_keys()? {
        Some(keys) => keys,
        None => MasterKeys::from_file(&directory.join(MASTER_KEY))?,
    };
    Ok((ShardMap::single(url), keys))
}

/// As programs get it.
fn as_value(parked: &ParkedEvent) -> Value {
    let keys: Vec<_> = parked.keys.iter().map(ToString::to_string).collect();
    json!({
        "id": parked.id.to_string(),
        "projection": parked.id.of.projection,
        "version": parked.id.of.version,
        "generation": parked.id.of.generation,
        "shard": parked.id.shard.number(),
        "position": parked.id.position,
        "org_id": parked.org,
        "event_id": parked.event,
        "type": parked.type_name,
        "keys": keys,
        "correlation_id": parked.correlation_id,
        "waits": parked.error.is_none(),
        "error": parked.error,
        "parked_at": parked.parked_at,
    })
}
