//! The settings that are left for commands that work beside this process.

use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use xentri_schemas::Environment;
use xentri_workers::kafka::KafkaSettings;

const ABOUT: &str = "# Left by `xentri up` for commands beside it: name this file with --config, or its directory with --data.";

/// What was made or found out here. What was named to us, secrets above all, is named to others in the same way.
#[derive(Serialize)]
pub(super) struct Beside<'a> {
    pub(super) environment: Option<Environment>,
    pub(super) database_url: Option<&'a str>,
    pub(super) master_key_file: Option<&'a Path>,
    pub(super) kafka: Option<Kafka<'a>>,
}

#[derive(Serialize)]
pub(super) struct Kafka<'a> {
    brokers: &'a str,
    topic_prefix: &'a str,
}

impl<'a> From<&'a KafkaSettings> for Kafka<'a> {
    fn from(settings: &'a KafkaSettings) -> Self {
        Self { brokers: &settings.brokers, topic_prefix: &settings.topic_prefix }
    }
}

impl Beside<'_> {
    pub(super) fn as_file(&self) -> anyhow::Result<String> {
        let settings = toml::to_string(self).context("the settings can't be written")?;
        Ok(format!("{ABOUT}\n{settings}"))
    }
}
