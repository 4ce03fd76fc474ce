//! `xentri topics`: what there is in Kafka, and making what is missing.

use serde_json::json;
use xentri_workers::relay::{TopicFound, Topics};

use crate::cli::TopicsOptions;
use crate::config::{ConfigError, Settings};
use crate::serve::settings;

pub(crate) async fn apply(options: TopicsOptions) -> anyhow::Result<()> {
    let settings = settings(options.settings)?;
    let found = topics(&settings)?.apply(&settings.kafka.new_topics()).await?;
    print(&found, options.json);
    Ok(())
}

pub(crate) async fn list(options: TopicsOptions) -> anyhow::Result<()> {
    let found = topics(&settings(options.settings)?)?.list().await?;
    print(&found, options.json);
    Ok(())
}

/// Shards are counted in the configuration: no database is asked.
fn topics(settings: &Settings) -> Result<Topics, ConfigError> {
    let kafka = settings.kafka.client()?.ok_or(ConfigError::NoKafka)?;
    let map = settings.shard_map()?.ok_or(ConfigError::NoDatabase)?;
    Ok(Topics::new(kafka, map.shards().len()))
}

fn print(found: &[TopicFound], as_json: bool) {
    if as_json {
        let topics: Vec<_> = found.iter().map(as_value).collect();
        println!("{}", json!({ "topics": topics }));
        return;
    }
    for topic in found {
        println!("{}", as_line(topic));
    }
}

fn as_value(topic: &TopicFound) -> serde_json::Value {
    let settings: serde_json::Map<_, _> =
        topic.settings.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({
        "name": topic.name,
        "partitions": topic.partitions,
        "replication": topic.replication,
        "made": topic.made,
        "settings": settings,
    })
}

fn as_line(topic: &TopicFound) -> String {
    let Some(partitions) = topic.partitions else {
        return format!("{:<24} is missing; `xentri topics apply` makes it", topic.name);
    };
    let settings: Vec<_> = topic.settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let made = if topic.made { ", made now" } else { "" };
    let copies = topic.replication.unwrap_or_default();
    format!("{:<24} {partitions} partitions, {copies} copies each{made}  {}", topic.name, settings.join(" "))
}
