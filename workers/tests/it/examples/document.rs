//! What the relay sends is what the AsyncAPI document and the guide for integrators say.

use std::fs;

use rdkafka::message::{Headers as _, OwnedHeaders};
use serde_json::{Map, Value};
use xentri_domain::registry::event_kinds;
use xentri_ledger::ShardMap;
use xentri_workers::feed::Place;
use xentri_workers::relay::Message;

use super::topic::{LEAD, event, heartbeat};

const PREV: Place = Place { epoch: 1, position: 1039 };
const HERE: Place = Place { epoch: 1, position: 1042 };

fn file(path: &str) -> String {
    fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn document() -> Value {
    serde_json::from_str(&file("schemas/asyncapi/asyncapi.json")).unwrap()
}

fn told(headers: &OwnedHeaders) -> Value {
    let text = |value: Option<&[u8]>| String::from_utf8(value.unwrap().to_vec()).unwrap();
    let told: Map<_, _> =
        headers.iter().map(|header| (header.key.to_owned(), text(header.value).into())).collect();
    assert_eq!(told.len(), headers.count(), "a header comes twice");
    told.into()
}

/// The part of the message in the document must take it.
fn assert_fits(document: &Value, type_name: &str, part: &str, value: &Value) {
    let mut schema = document["components"]["messages"][type_name][part].clone();
    assert!(schema.is_object(), "{type_name} has no {part}");
    schema["components"] = document["components"].clone();
    let validator = jsonschema::draft7::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<_> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{type_name}, {part}: {errors:#?}");
}

#[test]
fn every_message_is_as_the_document_says() {
    let document = document();
    for kind in event_kinds() {
        let message = Message::of(&event(kind.schema, LEAD, 1, HERE));
        assert_fits(&document, kind.type_name, "headers", &told(&message.headers_after(PREV)));
        assert_fits(&document, kind.type_name, "payload", &serde_json::from_str(&message.value).unwrap());
        let key = Value::from(message.key);
        assert_eq!(
            key,
            document["components"]["messages"][kind.type_name]["examples"][0]["payload"]["org_id"]
        );
    }
    let message = heartbeat(HERE);
    assert_fits(&document, xentri_schemas::HEARTBEAT_TYPE, "headers", &told(&message.headers_after(HERE)));
    assert_eq!((message.key, message.value.as_str()), (None, "{}"));
}

#[test]
fn the_examples_in_the_document_have_the_headers_that_are_sent() {
    let document = document();
    for kind in event_kinds() {
        let shown = &document["components"]["messages"][kind.type_name]["examples"][0];
        let stream = shown["payload"]["stream"]["id"].as_str().unwrap();
        let sent = Message::of(&event(kind.schema, stream, 1, HERE));
        assert_eq!(told(&sent.headers_after(PREV)), shown["headers"], "{}", kind.type_name);
    }
}

#[test]
fn a_topic_has_a_partition_for_each_shard_of_an_installation_that_says_nothing_else() {
    let document = document();
    let shards = ShardMap::single("postgres://db").shards().len();
    let channels: Vec<_> = document["channels"].as_object().unwrap().values().collect();
    assert_eq!(channels.len(), 7);
    for channel in channels {
        assert_eq!(channel["bindings"]["kafka"]["partitions"], shards);
    }
}

/// Headers as `name  value` in the first block, the value in the second.
#[test]
fn the_message_in_the_guide_is_one_that_is_sent() {
    let guide = file("docs/integrators.md");
    let block = |start: &str| {
        let (_, rest) = guide.split_once(start).unwrap_or_else(|| panic!("no block begins with {start:?}"));
        rest.split_once("```").unwrap().0.to_owned()
    };
    let message = Message::of(&event("lead.contacted@1.0", LEAD, 2, HERE));
    let headers: Map<_, _> = block("```text\n")
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, value)| (name.to_owned(), value.trim().into()))
        .collect();
    let mut sent = told(&message.headers_after(PREV));
    sent["topic"] = xentri_schemas::topic_of(xentri_domain::kernel::Area::Sales).into();
    sent["key"] = message.key.clone().into();
    sent["partition"] = "1".into();
    assert_eq!(Value::from(headers), sent);
    let value: Value = serde_json::from_str(&block("```json\n")).unwrap();
    assert_eq!(value, serde_json::from_str::<Value>(&message.value).unwrap());
}
