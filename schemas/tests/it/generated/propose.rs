//! First drafts of golden samples, made from the examples that the schemas of the values bring.

use serde_json::{Map, Value, json};
use xentri_domain::aggregate::{EventKind, HoldsPersonal, PersonalField};
use xentri_domain::kernel::Sealed;
use xentri_domain::registry::command_kinds;
use xentri_schemas::{Envelope, Reading, command_name};

/// The full body; and where something is personal, the body with it sealed and with it forgotten.
pub(super) fn event(kind: &EventKind, schema: &Value) -> String {
    let command = command_kinds().find(|command| command.stream_type == kind.stream_type).map(command_name);
    let draft = json!({
        "id": "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a",
        "type": kind.type_name,
        "occurred_at": "2026-01-31T09:30:00.000000Z",
        "org_id": "0190a5e0-0000-7000-8000-000000000001",
        "actor": { "type": "user", "id": "9d2a7c1e-5f80-5b6e-8a3c-64d1f0b7e2a9" },
        "envelope_version": "1.0",
        "payload_schema": kind.schema,
        "payload": instance(schema, schema, "text"),
        "dedupe_key": "order-4711",
        "correlation_id": "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e49",
        "causation_id": "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e48",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "meta": {
            "source": "api", "environment": "prod", "command": command.unwrap_or_else(|| "site.create".into()),
            "reason": "the customer called", "on_behalf_of": "9d2a7c1e-5f80-5b6e-8a3c-64d1f0b7e2a9",
        },
        "stream": { "type": kind.stream_type, "id": "0190a5e1-0000-7000-8000-000000000002", "version": 1 },
    });
    match Reading::of(&draft.to_string()) {
        Ok(Reading::Event(envelope)) => forms(&envelope),
        other => {
            panic!("write samples/events/{}.jsonl by hand, the draft is no event: {other:?}", kind.schema)
        }
    }
}

pub(super) fn command(schema: &Value) -> String {
    serde_json::to_string_pretty(&instance(schema, schema, "text")).unwrap() + "\n"
}

fn forms(envelope: &Envelope) -> String {
    let with = |change: &mut dyn FnMut(&mut dyn PersonalField)| {
        let mut envelope = envelope.clone();
        envelope.payload.visit_personal(&mut |_, field| change(field));
        envelope.write_body().unwrap() + "\n"
    };
    let open = with(&mut |_| {});
    let sealed = with(&mut |field| field.seal(Sealed::parse("AQIDBAUGBwgJCgsMDQ4PEA").unwrap()));
    let forgotten = with(&mut |field| field.forget());
    if sealed == open { open } else { [open, sealed, forgotten].concat() }
}

/// A value that fits the schema, with every field; mostly.
fn instance(schema: &Value, root: &Value, name: &str) -> Value {
    if let Some(target) = schema["$ref"].as_str() {
        return instance(root.pointer(target.trim_start_matches('#')).unwrap(), root, name);
    }
    let ready = ["/examples/0", "/const", "/enum/0"].iter().find_map(|place| schema.pointer(place));
    let form = ["/oneOf/0", "/anyOf/0"].iter().find_map(|place| schema.pointer(place));
    if let Some(ready) = ready {
        return ready.clone();
    }
    if let Some(form) = form {
        let mut value = instance(form, root, name);
        merge(&mut value, fields(schema, root));
        return value;
    }
    match schema["type"].as_str().or_else(|| schema.pointer("/type/0")?.as_str()) {
        Some("object") => Value::Object(fields(schema, root)),
        Some("array") => json!([instance(&schema["items"], root, name)]),
        Some("string") => format!("Some {}", name.replace('_', " ")).into(),
        Some("integer") => schema["minimum"].as_i64().unwrap_or(1).max(1).into(),
        Some("boolean") => true.into(),
        _ => Value::Null,
    }
}

fn fields(schema: &Value, root: &Value) -> Map<String, Value> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties.map(|(name, schema)| (name.clone(), instance(schema, root, name))).collect()
}

fn merge(value: &mut Value, more: Map<String, Value>) {
    if let Value::Object(fields) = value {
        fields.extend(more);
    }
}
