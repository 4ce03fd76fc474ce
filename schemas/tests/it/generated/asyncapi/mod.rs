//! The AsyncAPI 3.0 document: every topic and every message on it, made from the registry, the generated schemas and the
//! golden samples.

mod components;
mod headers;
mod messages;
mod text;

use serde_json::{Map, Value, json};
use xentri_domain::aggregate::EventKind;
use xentri_domain::kernel::Area;
use xentri_domain::registry::event_kinds;
use xentri_schemas::{HEARTBEAT_TYPE, LOG_TOPIC, contexts, event_schema, event_schema_names, topic_of};

use components::Components;

pub(crate) const PATH: &str = "asyncapi/asyncapi.json";

const BINDING: &str = "0.5.0";
/// Of an installation that was not told otherwise.
const SHARDS: u16 = 8;

/// From the files that are generated in the same run, by their paths below `json/`.
pub(crate) fn document(files: &[(String, Value)]) -> Value {
    let schema = |path: &str| files.iter().find(|(there, _)| there == path).map(|(_, schema)| schema);
    let mut components = Components::default();
    components.put("Envelope", schema("envelope.json").unwrap());
    components.put("EventHeaders", &headers::of_events());
    components.put("HeartbeatHeaders", &headers::of_heartbeats());
    for kind in event_kinds() {
        let payload = schema(&format!("events/{}.json", kind.schema)).unwrap();
        components.put(&components::name_of(kind.schema), payload);
    }
    for (name, payload) in older_payloads() {
        components.put(&components::name_of(name), &payload);
    }
    let message = |kind: &'static EventKind| (kind.type_name.to_owned(), messages::event(kind, &components));
    let mut messages: Map<_, _> = event_kinds().map(message).collect();
    messages.insert(HEARTBEAT_TYPE.to_owned(), messages::heartbeat());
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Xentri",
            "version": "1",
            "description": text::ABOUT,
            "license": { "name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": { "kafka": server() },
        "channels": channels(),
        "operations": operations(),
        "components": {
            "schemas": components.into_schemas(),
            "messages": messages,
            "messageBindings": messages::bindings(),
            "securitySchemes": {
                "scramSha512": { "type": "scramSha512", "description": text::SCRAM },
                "scramSha256": { "type": "scramSha256", "description": text::SCRAM },
            },
        },
    })
}

/// Released, and still under the name of a type that is written today: they stay on the topics.
fn older_payloads() -> impl Iterator<Item = (&'static str, Value)> {
    let older =
        event_schema_names().into_iter().filter(|name| event_kinds().all(|kind| kind.schema != *name));
    let read = older.map(|name| (name, serde_json::from_str::<Value>(event_schema(name).unwrap()).unwrap()));
    read.filter(|(_, schema)| event_kinds().any(|kind| schema["title"] == kind.type_name))
}

fn server() -> Value {
    json!({
        "host": "{host}:{port}",
        "protocol": "kafka-secure",
        "description": text::SERVER,
        "variables": {
            "host": { "description": "A broker; it names the others.", "default": "kafka.example.com" },
            "port": { "description": "Of its listener for SASL over TLS.", "default": "9093" },
        },
        "security": [
            { "$ref": "#/components/securitySchemes/scramSha512" },
            { "$ref": "#/components/securitySchemes/scramSha256" },
        ],
    })
}

/// The name in the document, the topic, what it is about, and whose events are on it.
fn topics() -> Vec<(&'static str, String, &'static str, Vec<&'static EventKind>)> {
    let log = ("log", LOG_TOPIC.to_owned(), text::LOG, event_kinds().collect());
    let of_context = |context: Area| {
        let kinds = event_kinds().filter(|kind| kind.context == context).collect();
        (context.as_str(), topic_of(context), text::of_context(context), kinds)
    };
    std::iter::once(log).chain(contexts().map(of_context)).collect()
}

fn channels() -> Value {
    let channel = |(name, topic, about, kinds): (&str, String, &str, Vec<&EventKind>)| {
        let types = kinds.iter().map(|kind| kind.type_name).chain([HEARTBEAT_TYPE]);
        let messages: Map<_, _> = types
            .map(|name| (name.to_owned(), json!({ "$ref": format!("#/components/messages/{name}") })))
            .collect();
        let channel = json!({
            "address": topic,
            "title": topic,
            "summary": about,
            "description": text::CHANNEL,
            "messages": messages,
            "bindings": { "kafka": {
                "topic": topic,
                "partitions": SHARDS,
                "topicConfiguration": { "cleanup.policy": ["delete"] },
                "bindingVersion": BINDING,
            } },
        });
        (name.to_owned(), channel)
    };
    Value::Object(topics().into_iter().map(channel).collect())
}

fn operations() -> Value {
    let operation = |(name, topic, about, _): (&str, String, &str, _)| {
        let operation = json!({
            "action": "receive",
            "channel": { "$ref": format!("#/channels/{name}") },
            "title": format!("Subscribe to {topic}"),
            "summary": about,
            "bindings": { "kafka": {
                "groupId": { "type": "string", "description": text::GROUP },
                "bindingVersion": BINDING,
            } },
        });
        (format!("receive{}", capitalized(name)), operation)
    };
    Value::Object(topics().into_iter().map(operation).collect())
}

fn capitalized(word: &str) -> String {
    word[..1].to_ascii_uppercase() + &word[1..]
}
