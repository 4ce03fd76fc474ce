//! What is on the topics: a message for each type of event, and the heartbeat.

use serde_json::{Map, Value, json};
use xentri_domain::aggregate::EventKind;
use xentri_schemas::{Digest, HEARTBEAT_TYPE, LedgerMark, Recorded};

use super::components::{Components, name_of, reference};
use super::{BINDING, headers, text};
use crate::samples;

pub(super) fn event(kind: &EventKind, components: &Components) -> Value {
    let mut payloads = components.payloads(kind.type_name);
    let payload = if payloads.len() == 1 { payloads.remove(0) } else { json!({ "anyOf": payloads }) };
    let payload = json!({
        "allOf": [reference("Envelope")],
        "properties": {
            "type": { "const": kind.type_name },
            "payload": payload,
            "stream": { "properties": { "type": { "const": kind.stream_type } } },
        },
    });
    let headers = json!({
        "allOf": [reference("EventHeaders")],
        "properties": { "ce_type": { "const": kind.type_name } },
    });
    let mut message = json!({
        "name": kind.type_name,
        "title": kind.type_name,
        "summary": components.description(&name_of(kind.schema)),
        "tags": [{ "name": kind.context.as_str() }, { "name": kind.stream_type }],
        "headers": headers,
        "payload": payload,
        "bindings": { "$ref": "#/components/messageBindings/event" },
    });
    // A sample that is yet to be written is complained of elsewhere.
    if let Some(wire) = example(kind) {
        message["examples"] = json!([{ "headers": headers::example(&wire), "payload": wire }]);
    }
    message
}

/// The sample as it would come: what is personal is sealed.
fn example(kind: &EventKind) -> Option<Value> {
    let bodies = samples::bodies(kind.schema);
    let is_sealed = |body: &&String| {
        let personal = samples::personal(&samples::envelope(body).payload);
        !personal.is_empty() && personal.iter().all(|(_, form)| *form == "sealed")
    };
    let body = bodies.iter().find(is_sealed).or(bodies.first())?;
    let ledger = LedgerMark { epoch: 1, org_seq: 311, hash: Digest::of(body) };
    let recorded = Recorded { recorded_at: "2026-01-31T09:30:00.250001Z".parse().unwrap(), ledger };
    serde_json::from_str(&recorded.wire(body)).ok()
}

pub(super) fn heartbeat() -> Value {
    json!({
        "name": HEARTBEAT_TYPE,
        "title": HEARTBEAT_TYPE,
        "summary": "So far the partition goes, and nothing is under way.",
        "description": text::HEARTBEAT,
        "headers": reference("HeartbeatHeaders"),
        "payload": { "type": "object", "description": "Empty." },
        "bindings": { "$ref": "#/components/messageBindings/heartbeat" },
        "examples": [{ "headers": headers::example_of_heartbeat(), "payload": {} }],
    })
}

/// The keys of messages.
pub(super) fn bindings() -> Map<String, Value> {
    let bound = |key: Value| json!({ "kafka": { "key": key, "bindingVersion": BINDING } });
    let org = json!({ "type": "string", "format": "uuid", "description": "The org." });
    let none = json!({ "type": "null", "description": "None: it is of no org." });
    [("event".to_owned(), bound(org)), ("heartbeat".to_owned(), bound(none))].into_iter().collect()
}
