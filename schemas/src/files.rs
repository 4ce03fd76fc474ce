//! The committed schemas, as the program carries them.

use serde_json::{Value, json};
use xentri_domain::aggregate::CommandKind;

/// Paths and texts of `json/` and `released/`.
static FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// How a command is called where its aggregate is not said beside it: `lead.capture`.
pub fn command_name(kind: &CommandKind) -> String {
    format!("{}.{}", kind.stream_type, kind.name)
}

/// The JSON Schema of the body of a command, by its name.
pub fn command_schema(name: &str) -> Option<&'static str> {
    file(&format!("json/commands/{name}.json"))
}

/// The JSON Schema of a payload, as in `lead.created@1.0`; older versions stay among the released ones.
pub fn event_schema(payload_schema: &str) -> Option<&'static str> {
    file(&format!("json/events/{payload_schema}.json"))
        .or_else(|| file(&format!("released/events/{payload_schema}.json")))
}

/// The JSON Schema of the wire form around any payload.
pub fn envelope_schema() -> Option<&'static str> {
    file("json/envelope.json")
}

/// Every payload with a schema, in the order of their names.
pub fn event_schema_names() -> Vec<&'static str> {
    let name = |path: &'static str| {
        let path = path.strip_prefix("json/").or_else(|| path.strip_prefix("released/"))?;
        path.strip_prefix("events/")?.strip_suffix(".json")
    };
    let mut names: Vec<_> = FILES.iter().filter_map(|(path, _)| name(path)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What `ce_dataschema` names: the whole envelope with that payload inside, complete in itself.
pub fn dataschema(payload_schema: &str) -> Option<Value> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    let envelope = parse(envelope_schema()?)?;
    let payload = parse(event_schema(payload_schema)?)?;
    let type_name = payload.get("title")?;
    Some(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:xentri:message:{payload_schema}"),
        "title": type_name,
        "description": "An event in its envelope.",
        "allOf": [{ "$ref": envelope.get("$id")? }],
        "properties": {
            "type": { "const": type_name },
            "payload_schema": { "const": payload_schema },
            "payload": { "$ref": payload.get("$id")? },
        },
        "$defs": { "envelope": envelope, "payload": payload },
    }))
}

fn file(wanted: &str) -> Option<&'static str> {
    FILES.iter().find(|(path, _)| *path == wanted).map(|(_, text)| *text)
}
