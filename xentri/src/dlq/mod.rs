//! `xentri dlq`: parked events, listed, shown, tried again or left out for good.
//!
//! Works on the database itself, beside the processes that run. Not here: what each of it does (`xentri-workers`).

mod discard;
mod list;
mod options;
mod retry;

use serde_json::{Value, json};
use xentri_commands::Dispatcher;
use xentri_ledger::Ledger;
use xentri_projections::read_models;
use xentri_workers::parked::{Parked, ParkedEvent};
use xentri_workers::reactors::Reactions;

pub(crate) use discard::own_name;
pub(crate) use options::DlqCommand;
use options::LedgerOptions;

use crate::config::ConfigError;
use crate::roles::open_with;
use crate::serve::{refuse_privileged_logins, settings_beside};

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
        let settings = settings_beside(options.beside)?;
        let map = settings.shard_map()?.ok_or(ConfigError::NoDatabase)?;
        let keys = settings.master_keys()?.ok_or(ConfigError::NoMasterKey)?;
        refuse_privileged_logins(&map).await?;
        let (ledger, dispatcher): (Ledger, Dispatcher) = open_with(&settings, map, keys)?;
        let parked = Parked::new(ledger.databases().clone(), ledger.keys().clone(), read_models())
            .with_reactions(Reactions::new(ledger.clone(), dispatcher));
        Ok(Self { parked, ledger })
    }
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
