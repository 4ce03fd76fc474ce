//! Schemas as AsyncAPI's tools read them: JSON Schema draft 07, with what several share among the components.
//!
//! Ours are of draft 2020-12, and say nothing that draft 07 says otherwise once references stand alone.

use serde_json::{Map, Value, json};

#[derive(Default)]
pub(super) struct Components(Map<String, Value>);

impl Components {
    /// With the definitions that it brings: under their own names, unless one of them is another by now.
    pub(super) fn put(&mut self, name: &str, schema: &Value) {
        let none = Map::new();
        let definitions = schema["$defs"].as_object().unwrap_or(&none);
        let is_shared = |(name, definition): (&String, &Value)| {
            self.0.get(name).is_none_or(|there| *there == portable(definition.clone(), ""))
        };
        let prefix = if definitions.iter().all(is_shared) { String::new() } else { format!("{name}.") };
        for (name, definition) in definitions {
            self.0.insert(format!("{prefix}{name}"), portable(definition.clone(), &prefix));
        }
        let mut schema = portable(schema.clone(), &prefix);
        if let Some(fields) = schema.as_object_mut() {
            // In here an `$id` would turn every reference away. Examples are whole messages.
            fields.retain(|key, _| !["$schema", "$id", "$defs", "examples"].contains(&key.as_str()));
        }
        assert!(self.0.insert(name.to_owned(), schema).is_none(), "two schemas are called {name}");
    }

    /// References to what may come as a payload of that type.
    pub(super) fn payloads(&self, type_name: &str) -> Vec<Value> {
        let same = self.0.iter().filter(|(_, schema)| schema["title"] == type_name);
        same.map(|(name, _)| reference(name)).collect()
    }

    pub(super) fn description(&self, name: &str) -> &str {
        self.0[name]["description"].as_str().unwrap()
    }

    pub(super) fn into_schemas(self) -> Value {
        Value::Object(self.0)
    }
}

/// Of a payload: names of components may not have an `@`.
pub(super) fn name_of(payload_schema: &str) -> String {
    payload_schema.replace('@', "-")
}

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// In draft 07, nothing that stands beside a reference counts.
fn portable(schema: Value, prefix: &str) -> Value {
    match schema {
        Value::Object(mut fields) => {
            let target = fields.remove("$ref");
            let mut fields: Map<_, _> = fields.into_iter().map(|field| below(field, prefix)).collect();
            let Some(Value::String(target)) = target else { return fields.into() };
            let target = reference(&format!("{prefix}{}", target.trim_start_matches("#/$defs/")));
            if fields.is_empty() {
                return target;
            }
            let others = fields.entry("allOf").or_insert_with(|| json!([]));
            others.as_array_mut().unwrap().push(target);
            fields.into()
        }
        Value::Array(items) => items.into_iter().map(|item| portable(item, prefix)).collect(),
        other => other,
    }
}

fn below((key, value): (String, Value), prefix: &str) -> (String, Value) {
    let is_data = ["const", "enum", "default", "examples"].contains(&key.as_str());
    let value = if is_data { value } else { portable(value, prefix) };
    (key, value)
}

#[test]
fn what_stands_beside_a_reference_still_counts() {
    let mut components = Components::default();
    let schema = json!({
        "$id": "urn:x", "title": "x", "description": "An x.",
        "properties": { "y": { "$ref": "#/$defs/Y", "description": "This y." }, "z": { "$ref": "#/$defs/Y" } },
        "$defs": { "Y": { "examples": [{ "$ref": "no reference" }] } },
    });
    components.put("x-1.0", &schema);
    assert_eq!(
        (components.description("x-1.0"), components.payloads("x")),
        ("An x.", vec![reference("x-1.0")])
    );
    let expected = json!({
        "x-1.0": {
            "title": "x", "description": "An x.",
            "properties": { "y": { "allOf": [reference("Y")], "description": "This y." }, "z": reference("Y") },
        },
        "Y": { "examples": [{ "$ref": "no reference" }] },
    });
    assert_eq!(components.into_schemas(), expected);
}

#[test]
fn an_older_payload_keeps_the_definitions_that_it_had() {
    let of = |amount: &str| {
        json!({
            "title": "x", "properties": { "line": { "$ref": "#/$defs/Line" } },
            "$defs": { "Line": { "items": { "$ref": "#/$defs/Amount" } }, "Amount": { "type": amount } },
        })
    };
    let mut components = Components::default();
    components.put("x-1.1", &of("integer"));
    components.put("x-1.0", &of("string"));
    assert_eq!(components.payloads("x"), [reference("x-1.0"), reference("x-1.1")]);
    let schemas = components.into_schemas();
    assert_eq!(schemas["Amount"]["type"], "integer");
    assert_eq!(schemas["x-1.0"]["properties"]["line"], reference("x-1.0.Line"));
    assert_eq!(schemas["x-1.0.Line"]["items"], reference("x-1.0.Amount"));
    assert_eq!(schemas["x-1.0.Amount"]["type"], "string");
}
