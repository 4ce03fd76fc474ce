//! JSON Schemas from the Rust types.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use xentri_domain::aggregate::{CommandKind, Door, EventKind};
use xentri_domain::registry::{body_schemas, payload_schemas};
use xentri_schemas::{Frame, Recorded, command_name};

use super::nulls;
use crate::files::read_json;
use crate::samples;

/// Clients may choose ids of version 7 and no others. No type says so: it is looked at when a command is read.
const CHOSEN_ID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

pub(crate) fn events_path(payload_schema: &str) -> String {
    format!("json/events/{payload_schema}.json")
}

/// Every schema, complete in itself, without its examples.
pub(crate) struct Generator {
    events: Vec<(EventKind, Value)>,
    commands: Vec<(CommandKind, Value)>,
}

impl Generator {
    pub(crate) fn new() -> Self {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let events = payload_schemas(&mut generator);
        let commands = body_schemas(&mut generator);
        let definitions = generator.take_definitions(true);
        let whole = |schema: schemars::Schema| complete(schema.to_value(), &definitions);
        Self {
            events: events.into_iter().map(|(kind, schema)| (kind, whole(schema))).collect(),
            commands: commands
                .into_iter()
                .map(|(kind, schema)| (kind, with_chosen_id(kind, whole(schema))))
                .collect(),
        }
    }

    pub(crate) fn payload(&self, wanted: &EventKind) -> &Value {
        &self.events.iter().find(|(kind, _)| kind == wanted).unwrap().1
    }

    pub(crate) fn body(&self, wanted: &CommandKind) -> &Value {
        &self.commands.iter().find(|(kind, _)| kind == wanted).unwrap().1
    }

    /// Paths below `json/`, and contents.
    pub(crate) fn files(&self) -> Vec<(String, Value)> {
        let mut files = vec![("envelope.json".to_owned(), envelope())];
        for (kind, schema) in &self.events {
            let example = samples::payload(kind.schema);
            let id = format!("urn:xentri:event:{}", kind.schema);
            let schema = nulls::without_unwritten(kind, schema, example.as_ref().unwrap_or(&Value::Null));
            files
                .push((format!("events/{}.json", kind.schema), headed(schema, &id, kind.type_name, example)));
        }
        for (kind, schema) in &self.commands {
            let name = command_name(kind);
            let example = read_json(&samples::command_path(&name));
            let id = format!("urn:xentri:command:{name}");
            files.push((format!("commands/{name}.json"), headed(schema.clone(), &id, &name, example)));
        }
        files
    }
}

/// The wire form: the frame and the ledger's fields after it.
fn envelope() -> Value {
    let root = |schema: schemars::Schema| schema.to_value();
    let settings = SchemaSettings::draft2020_12;
    let mut frame = root(settings().into_generator().into_root_schema_for::<Frame<'_, Map<String, Value>>>());
    let suffix = root(settings().into_generator().into_root_schema_for::<Recorded>());
    for part in ["properties", "$defs"] {
        for (name, schema) in suffix[part].as_object().unwrap() {
            frame[part][name] = schema.clone();
        }
    }
    let required = suffix["required"].as_array().unwrap().clone();
    frame["required"].as_array_mut().unwrap().extend(required);
    frame["properties"]["payload"] =
        json!({ "type": "object", "description": "What `payload_schema` says." });
    nulls::without_any(&mut frame);
    headed(unwrapped(frame), "urn:xentri:envelope:1.0", "Event envelope 1.0", None)
}

fn headed(mut schema: Value, id: &str, title: &str, example: Option<Value>) -> Value {
    schema["$schema"] = DIALECT.into();
    schema["$id"] = id.into();
    schema["title"] = title.into();
    if let Some(example) = example {
        schema["examples"] = json!([example]);
    }
    schema
}

fn with_chosen_id(kind: CommandKind, mut schema: Value) -> Value {
    if kind.door == Door::Create {
        schema["properties"]["id"]["pattern"] = CHOSEN_ID.into();
    }
    schema
}

/// With the definitions that it uses, and no others.
fn complete(mut schema: Value, definitions: &Map<String, Value>) -> Value {
    let mut used = Map::new();
    let mut wanted = references(&schema);
    while let Some(name) = wanted.pop() {
        if !used.contains_key(&name) {
            wanted.extend(references(&definitions[&name]));
            used.insert(name.clone(), definitions[&name].clone());
        }
    }
    if !used.is_empty() {
        schema["$defs"] = Value::Object(used);
    }
    // Of two types with one name the second gets a number, by their order in the registry, which no reader of one
    // schema should see.
    let names: Vec<String> =
        schema["$defs"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    for name in &names {
        let base = name.trim_end_matches(|c: char| c.is_ascii_digit());
        if base != name && definitions.contains_key(base) && !names.iter().any(|other| other == base) {
            schema = renamed(schema, name, base);
        }
    }
    unwrapped(schema)
}

/// Descriptions come from comments, whose lines are as long as the code's.
fn unwrapped(schema: Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let unwrap = |(key, value): (String, Value)| match (key.as_str(), &value) {
                ("description", Value::String(text)) => {
                    let paragraphs: Vec<_> = text.split("\n\n").map(|text| text.replace('\n', " ")).collect();
                    (key, paragraphs.join("\n\n").into())
                }
                _ => (key, unwrapped(value)),
            };
            Value::Object(fields.into_iter().map(unwrap).collect())
        }
        Value::Array(items) => items.into_iter().map(unwrapped).collect(),
        other => other,
    }
}

fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| match (key.as_str(), value.as_str()) {
                ("$ref", Some(target)) => vec![target.trim_start_matches("#/$defs/").to_owned()],
                _ => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn renamed(schema: Value, from: &str, to: &str) -> Value {
    match schema {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| match (key.as_str(), &value) {
                ("$ref", Value::String(target)) if *target == format!("#/$defs/{from}") => {
                    (key, format!("#/$defs/{to}").into())
                }
                ("$defs", Value::Object(_)) => {
                    let definitions = value.as_object().unwrap().iter().map(|(name, schema)| {
                        (if name == from { to } else { name }.to_owned(), renamed(schema.clone(), from, to))
                    });
                    (key, Value::Object(definitions.collect()))
                }
                _ => (key, renamed(value, from, to)),
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(|item| renamed(item, from, to)).collect(),
        other => other,
    }
}

#[test]
fn a_schema_shows_neither_the_definitions_nor_the_names_of_others() {
    let definitions = json!({
        "Kind": { "const": "one" },
        "Kind2": { "description": "Of another\nmodule.", "properties": { "inner": { "$ref": "#/$defs/Inner" } } },
        "Inner": { "type": "string" },
    });
    let schema = json!({ "properties": { "kind": { "$ref": "#/$defs/Kind2" } } });
    let expected = json!({
        "properties": { "kind": { "$ref": "#/$defs/Kind" } },
        "$defs": {
            "Kind": { "description": "Of another module.", "properties": { "inner": { "$ref": "#/$defs/Inner" } } },
            "Inner": { "type": "string" },
        },
    });
    assert_eq!(complete(schema, definitions.as_object().unwrap()), expected);
    let both = json!({ "anyOf": [{ "$ref": "#/$defs/Kind" }, { "$ref": "#/$defs/Kind2" }] });
    let kept = complete(both, definitions.as_object().unwrap());
    assert_eq!(
        kept["$defs"].as_object().unwrap().len(),
        3,
        "two of one name in one schema keep their numbers"
    );
}
