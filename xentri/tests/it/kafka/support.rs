//! Systems with Kafka, and what is on their topics.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::process::{Running, eventually, output, xentri};

pub(super) fn up(data: &Path, settings: &[(&str, &str)]) -> Command {
    let mut up = xentri(["up", "--listen", "127.0.0.1:0", "--json", "--data", data.to_str().unwrap()]);
    // How long things take is not the question where so much runs side by side.
    up.env("XENTRI_COMMANDS_DEADLINE", "20s").envs(settings.iter().copied());
    up
}

pub(super) fn up_on(data: &Path, brokers: &str) -> Running {
    Running::start(&mut up(data, &[("XENTRI_KAFKA_BROKERS", brokers)]))
}

pub(super) fn stop(running: Running) {
    running.signal("TERM");
    assert!(running.end().success());
}

pub(super) fn prefix(running: &Running) -> String {
    running.ready["kafka_topic_prefix"].as_str().expect("there is a Kafka").to_owned()
}

/// The id of a new org, of the system that runs on `data`.
pub(super) fn make_org(data: &Path) -> String {
    let words = ["org", "create", "--name", "Bakery", "--time-zone", "Europe/Madrid", "--currency", "EUR"];
    let mut create = xentri(words.into_iter().chain(["--json", "--data", data.to_str().unwrap()]));
    printed(&mut create)["id"].as_str().unwrap().to_owned()
}

pub(super) fn printed(command: &mut Command) -> Value {
    let output = output(command);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What is on a topic now, or why that can't be told.
pub(super) fn on_topic(data: &Path, topic: &str) -> Result<Vec<Value>, String> {
    let words = ["topics", "watch", topic, "--from-beginning", "--until-end", "--json"];
    let output = output(&mut xentri(words.into_iter().chain(["--data", data.to_str().unwrap()])));
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr).unwrap());
    }
    Ok(output
        .stdout
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect())
}

/// Waits until the log tells of these orgs, and fails when it has a hole or tells of any other.
pub(super) async fn log_has(data: &Path, orgs: &[&str]) {
    let of_org = |message: &Value| message["key"].as_str().unwrap().to_owned();
    eventually("all orgs are in the log", async || {
        let Ok(messages) = on_topic(data, "xentri.log") else { return false };
        let found: Vec<_> = messages.iter().map(of_org).collect();
        assert!(found.iter().all(|org| orgs.contains(&org.as_str())), "{found:?} of {orgs:?}");
        let whole =
            |shard: &[u64]| shard.first() == Some(&1) && shard.windows(2).all(|two| two[1] <= two[0] + 1);
        let positions = positions(&messages);
        assert!(positions.values().all(|shard| whole(shard)), "a hole: {positions:?}");
        orgs.iter().all(|org| found.iter().any(|other| other == org))
    })
    .await;
}

fn positions(messages: &[Value]) -> BTreeMap<i64, Vec<u64>> {
    let mut positions: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for message in messages {
        let position = message["headers"]["xentri-position"].as_str().unwrap().parse().unwrap();
        positions.entry(message["partition"].as_i64().unwrap()).or_default().push(position);
    }
    positions
}

pub(super) fn status(data: &Path) -> Value {
    printed(&mut xentri(["status", "--json", "--data", data.to_str().unwrap()]))
}

/// Nothing that is recorded is still to be sent or to be folded.
pub(super) async fn at_rest(data: &Path) {
    eventually("everything has caught up", async || {
        let status = status(data);
        let lags = |shard: &Value| {
            let models = shard["read_models"].as_object().unwrap();
            assert!(!models.is_empty(), "{status}");
            shard["relay_lag"] == 0 && models.values().all(|lag| *lag == 0)
        };
        status["shards"].as_array().unwrap().iter().all(lags)
    })
    .await;
}
