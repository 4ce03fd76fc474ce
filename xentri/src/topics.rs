//! `xentri topics`: what there is in Kafka, making what is missing, and looking on.

use std::io::{ErrorKind, Write as _};

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use xentri_workers::kafka::KafkaSettings;
use xentri_workers::relay::{HEARTBEAT, TopicFound, Topics, header};
use xentri_workers::watch::{Seen, Start, Watch};

use crate::cli::{TopicsOptions, WatchOptions};
use crate::config::{ConfigError, Settings};
use crate::serve::settings_beside;

pub(crate) async fn apply(options: TopicsOptions) -> anyhow::Result<()> {
    let settings = settings_beside(options.beside)?;
    let found = topics(&settings)?.apply(&settings.kafka.new_topics()).await?;
    print(&found, options.json);
    Ok(())
}

pub(crate) async fn list(options: TopicsOptions) -> anyhow::Result<()> {
    let found = topics(&settings_beside(options.beside)?)?.list().await?;
    print(&found, options.json);
    Ok(())
}

pub(crate) async fn watch(options: WatchOptions) -> anyhow::Result<()> {
    let kafka = kafka(&settings_beside(options.beside)?)?;
    let start = if options.from_beginning { Start::Oldest } else { Start::Next };
    let mut watch = Watch::open(&kafka, &full_name(&kafka, &options.topic), start).await?;
    loop {
        let seen =
            if options.until_end { watch.next_of_those_there().await? } else { Some(watch.next().await?) };
        let Some(seen) = seen else { return Ok(()) };
        if told(&seen, header::TYPE) == HEARTBEAT {
            continue;
        }
        let line = if options.json { whole(&seen).to_string() } else { glance(&seen) };
        match writeln!(std::io::stdout(), "{line}") {
            // Whoever read along has gone.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            written => written.context("can't write to stdout")?,
        }
    }
}

fn kafka(settings: &Settings) -> Result<KafkaSettings, ConfigError> {
    settings.kafka.client()?.ok_or(ConfigError::NoKafka)
}

/// Shards are counted in the configuration: no database is asked.
fn topics(settings: &Settings) -> Result<Topics, ConfigError> {
    let kafka = kafka(settings)?;
    let map = settings.shard_map()?.ok_or(ConfigError::NoDatabase)?;
    Ok(Topics::new(kafka, map.shards().len()))
}

fn full_name(kafka: &KafkaSettings, word: &str) -> String {
    let prefixed = format!("{}{word}", kafka.topic_prefix);
    if kafka.topics().all().contains(&prefixed) { prefixed } else { word.to_owned() }
}

fn print(found: &[TopicFound], as_json: bool) {
    if as_json {
        let topics: Vec<_> = found.iter().map(as_value).collect();
        println!("{}", json!({ "topics": topics }));
        return;
    }
    let width = found.iter().map(|topic| topic.name.len()).max().unwrap_or_default();
    for topic in found {
        println!("{}", as_line(topic, width));
    }
}

fn as_value(topic: &TopicFound) -> Value {
    let settings: Map<_, _> =
        topic.settings.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({
        "name": topic.name,
        "partitions": topic.partitions,
        "replication": topic.replication,
        "made": topic.made,
        "settings": settings,
    })
}

fn as_line(topic: &TopicFound, width: usize) -> String {
    let name = &topic.name;
    let Some(partitions) = topic.partitions else {
        return format!("{name:<width$} is missing; `xentri topics apply` makes it");
    };
    let settings: Vec<_> = topic.settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let made = if topic.made { ", made now" } else { "" };
    let copies = topic.replication.unwrap_or_default();
    format!("{name:<width$} {partitions} partitions, {copies} copies each{made}  {}", settings.join(" "))
}

/// A line for people: where it is in the ledger, what happened when to what, and in which org.
fn glance(seen: &Seen) -> String {
    let [epoch, position, time, kind, subject] =
        [header::EPOCH, header::POSITION, header::TIME, header::TYPE, header::SUBJECT]
            .map(|name| told(seen, name));
    let org = seen.key.as_deref().unwrap_or("none");
    format!("{}/{epoch}:{position}  {time}  {kind}  {subject}  org {org}", seen.partition)
}

fn whole(seen: &Seen) -> Value {
    let headers: Map<_, _> = seen.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let value = serde_json::from_str(&seen.value).unwrap_or_else(|_| json!(seen.value));
    json!({
        "topic": seen.topic,
        "partition": seen.partition,
        "offset": seen.offset,
        "key": seen.key,
        "headers": headers,
        "value": value,
    })
}

fn told<'a>(seen: &'a Seen, name: &str) -> &'a str {
    seen.headers.iter().find(|(header, _)| header == name).map_or("", |(_, value)| value.as_str())
}
