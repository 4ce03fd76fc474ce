//! The real `xentri`, as processes on a database of the benchmark's own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::bail;
use tokio::process::Command;
use uuid::Uuid;
use xentri_testkit::{TestDb, kafka_brokers};

/// Names another binary than the one that was built beside this one.
const BINARY: &str = "XENTRI_BENCH_BINARY";
/// Of whatever this process and those that it starts write in one database.
pub(crate) const MASTER_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// Topics that nobody else uses.
#[derive(Debug, Clone)]
pub(crate) struct KafkaPlace {
    pub(crate) brokers: String,
    pub(crate) prefix: String,
}

impl KafkaPlace {
    /// On the Kafka that is there for every row.
    pub(crate) fn new() -> Self {
        Self::on(kafka_brokers())
    }

    pub(crate) fn on(brokers: &str) -> Self {
        Self { brokers: brokers.to_owned(), prefix: format!("bench-{}-", Uuid::now_v7().simple()) }
    }
}

/// A command line that sees none of this process's own settings; its process ends with the value.
pub(crate) fn xentri() -> anyhow::Result<Command> {
    let mut command = Command::new(binary()?);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("XENTRI_")) {
        command.env_remove(name);
    }
    command.env("XENTRI_LOG", "error").stdin(Stdio::null()).kill_on_drop(true);
    Ok(command)
}

/// A role on that database: `work`, `relay`, `serve`, …
pub(crate) fn role(name: &str, database: &TestDb, kafka: Option<&KafkaPlace>) -> anyhow::Result<Command> {
    let mut command = xentri()?;
    command.arg(name).env("DATABASE_URL", database.server_url()).env("XENTRI_MASTER_KEY", MASTER_KEY);
    if let Some(place) = kafka {
        command.env("XENTRI_KAFKA_BROKERS", &place.brokers).env("XENTRI_KAFKA_TOPIC_PREFIX", &place.prefix);
    }
    // What it says is for the log, and the table alone goes to stdout.
    command.stdout(Stdio::null());
    Ok(command)
}

fn binary() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os(BINARY) {
        return Ok(named.into());
    }
    let this = std::env::current_exe()?;
    let beside = this.parent().unwrap_or(Path::new(".")).join("xentri");
    if !beside.exists() {
        bail!("there is no {}: build xentri in the same way, or name one by {BINARY}", beside.display());
    }
    Ok(beside)
}
