//! Whoever adds an event or a command and forgets a file reads here which one.

use serde_json::Value;
use xentri_domain::registry::{command_kinds, event_kinds};
use xentri_schemas::{UPCASTERS, command_name, event_schema_names, read_command};

use crate::files::read;
use crate::{generated, samples, vectors};

#[test]
fn every_event_has_a_schema_a_sample_and_a_vector() {
    let files = |schema: &str| {
        [generated::events_path(schema), samples::event_path(schema), vectors::body_path(schema)]
    };
    let missing = event_kinds().flat_map(|kind| files(kind.schema)).filter(|path| read(path).is_none());
    say("an event lacks a file", &missing.collect::<Vec<_>>());
}

#[test]
fn every_command_has_a_schema_and_a_sample() {
    let files = |name: String| [format!("json/commands/{name}.json"), samples::command_path(&name)];
    let missing =
        command_kinds().flat_map(|kind| files(command_name(kind))).filter(|path| read(path).is_none());
    say("a command lacks a file", &missing.collect::<Vec<_>>());
}

#[test]
fn every_sample_of_a_command_is_one_with_every_field() {
    for kind in command_kinds() {
        let name = command_name(kind);
        let Some(body) = read(&samples::command_path(&name)) else { continue };
        let command =
            read_command(kind, body.as_bytes()).unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
        assert_eq!(command.kind(), kind);
        let body: Value = serde_json::from_str(&body).unwrap();
        let schema: Value =
            serde_json::from_str(&read(&format!("json/commands/{name}.json")).unwrap()).unwrap();
        for field in schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name) {
            assert!(body.get(field).is_some(), "{}: it has no {field}", samples::command_path(&name));
        }
    }
}

#[test]
fn every_type_of_event_and_every_command_has_one_name() {
    let mut names: Vec<String> = event_kinds().map(|kind| kind.type_name.to_owned()).collect();
    names.extend(command_kinds().map(command_name));
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "{names:#?}");
}

#[test]
fn every_older_version_has_a_sample_and_a_way_up() {
    let older =
        event_schema_names().into_iter().filter(|name| event_kinds().all(|kind| kind.schema != *name));
    let missing = older.flat_map(|name| {
        let sample = Some(samples::event_path(name)).filter(|path| read(path).is_none());
        let upcaster =
            UPCASTERS.iter().all(|step| step.from != name).then(|| format!("src/upcast.rs: from {name}"));
        [sample, upcaster]
    });
    say("an older version lacks something", &missing.flatten().collect::<Vec<_>>());
}

fn say(what: &str, missing: &[String]) {
    assert!(
        missing.is_empty(),
        "\n\n{what}:\n  schemas/{}\n\nRun `make schemas`; what it proposes under samples/ is yours to correct.\n",
        missing.join("\n  schemas/"),
    );
}
