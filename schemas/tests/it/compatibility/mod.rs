//! What was released is a promise: today's schemas are held against `released/`.
//!
//! `make freeze` runs this test with `XENTRI_SCHEMAS=freeze`; then what keeps every promise is released too.

mod compare;
mod made_up;
mod rule;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use xentri_schemas::Digest;

use crate::files::{Mode, mode, names, pretty, pretty_data, read_json, write};
use crate::generated::Generator;
use crate::samples;

use compare::compare;
use rule::Promise;

#[test]
fn no_released_promise_is_broken() {
    let today: Schemas = Generator::new().files().into_iter().collect();
    let mut broken = released_schemas(&today);
    broken.extend(released_samples());
    assert!(
        broken.is_empty(),
        "\n\nReleased schemas would break for those who rely on them:\n  {}\n\nschemas/README.md says which changes a released version takes, and how to make another.\n",
        broken.join("\n  "),
    );
    if mode() == Mode::Freeze {
        freeze(&today);
    }
}

/// By their paths below `json/`.
type Schemas = BTreeMap<String, Value>;

fn released_schemas(today: &Schemas) -> Vec<String> {
    let mut broken = held("envelope.json", Promise::Event, today);
    for name in names("released/commands", ".json") {
        broken.extend(held(&format!("commands/{name}.json"), Promise::Command, today));
    }
    for name in names("released/events", ".json") {
        let path = format!("events/{name}.json");
        if today.contains_key(&path) {
            broken.extend(held(&path, Promise::Event, today));
        } else {
            broken.extend(succeeded(&name, today));
        }
    }
    broken
}

fn held(path: &str, promise: Promise, today: &Schemas) -> Vec<String> {
    match (read_json(&format!("released/{path}")), today.get(path)) {
        (Some(old), Some(new)) => said(path, promise, &old, new),
        (Some(_), None) => vec![format!("{path}: it was released and is gone")],
        (None, _) => Vec::new(),
    }
}

/// A version that is no longer written has a newer one. Of the same major, consumers read it as the old one.
fn succeeded(name: &str, today: &Schemas) -> Vec<String> {
    let newer = today.iter().filter_map(|(path, schema)| {
        let newer = path.strip_prefix("events/")?.strip_suffix(".json")?;
        (version(newer)? > version(name)? && version(newer)?.0 == version(name)?.0).then_some((newer, schema))
    });
    let newest = newer.max_by_key(|(newer, _)| version(newer));
    match newest {
        Some((newest, schema)) if version(newest).map(|v| v.1) == version(name).map(|v| v.1) => {
            let old = read_json(&format!("released/events/{name}.json")).unwrap();
            said(&format!("events/{newest}.json, after {name},"), Promise::NextMinor, &old, schema)
        }
        Some(_) => Vec::new(),
        None => vec![format!("events/{name}.json: it was released and is gone")],
    }
}

/// `("lead.created", 1, 0)` of `lead.created@1.0`.
fn version(name: &str) -> Option<(&str, u32, u32)> {
    let (event, version) = name.split_once('@')?;
    let (major, minor) = version.split_once('.')?;
    Some((event, major.parse().ok()?, minor.parse().ok()?))
}

fn said(path: &str, promise: Promise, old: &Value, new: &Value) -> Vec<String> {
    let changes = compare(old, new);
    let breaking = changes.into_iter().filter(|change| change.rule.breaks(promise));
    breaking.map(|change| format!("{path} {change}")).collect()
}

/// The bytes of released samples never change, nor go.
fn released_samples() -> Vec<String> {
    let digests = read_json("released/samples.json").unwrap_or_else(|| json!({}));
    let changed = digests.as_object().unwrap().iter().flat_map(|(name, digests)| {
        let bodies = samples::bodies(name);
        let gone = digests.as_array().unwrap().iter().enumerate().filter_map(move |(n, digest)| {
            let kept = bodies.iter().any(|body| *digest == json!(Digest::of(body)));
            (!kept).then_some(n)
        });
        gone.map(|n| {
            format!("{}: sample {} was released and is no longer there", samples::event_path(name), n + 1)
        })
        .collect::<Vec<_>>()
    });
    changed.collect()
}

fn freeze(today: &Schemas) {
    for (path, schema) in today {
        write(&format!("released/{path}"), &pretty(schema));
    }
    let digests = samples::names().into_iter().map(|name| {
        let digests: Vec<Digest> = samples::bodies(&name).iter().map(|body| Digest::of(body)).collect();
        (name, json!(digests))
    });
    write("released/samples.json", &pretty_data(&Value::Object(digests.collect())));
    println!("today's schemas and samples are released");
}
