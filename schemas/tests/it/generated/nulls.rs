//! A field that may be missing is `Option` in Rust, whose schema allows null as well. In what we write null means
//! that something was cleared, so a schema of an event says null only where that can be.

use serde_json::{Value, json};
use xentri_domain::aggregate::EventKind;
use xentri_domain::registry::Event;

/// Takes null out wherever it is never written, as the sample shows.
pub(super) fn without_unwritten(kind: &EventKind, schema: &Value, sample: &Value) -> Value {
    let mut found = Vec::new();
    let look = Look { root: schema, never: &|place| !is_written(kind, sample, place) };
    look.at("", sample, "", &mut found);
    let mut schema = schema.clone();
    for place in found {
        if let Some(property) = schema.pointer_mut(&place) {
            take_null(property);
        }
    }
    schema
}

/// Takes it out of every field there is, for types that never write it.
pub(super) fn without_any(schema: &mut Value) {
    fn below<'a>(schema: &'a mut Value, part: &str) -> impl Iterator<Item = &'a mut Value> {
        schema.get_mut(part).and_then(Value::as_object_mut).into_iter().flatten().map(|(_, schema)| schema)
    }
    below(schema, "properties").for_each(take_null);
    below(schema, "$defs").for_each(without_any);
}

fn is_written(kind: &EventKind, sample: &Value, place: &str) -> bool {
    let mut payload = sample.clone();
    if let Some(value) = payload.pointer_mut(place) {
        *value = Value::Null;
    }
    let event = Event::read_payload(kind.type_name, payload);
    let written =
        event.and_then(Result::ok).and_then(|event| event.write_payload(serde_json::value::Serializer).ok());
    written.is_some_and(|payload| payload.pointer(place) == Some(&Value::Null))
}

struct Look<'a> {
    root: &'a Value,
    never: &'a dyn Fn(&str) -> bool,
}

impl Look<'_> {
    /// Goes through schema and sample side by side; `place` is in the schema, `at` in the sample.
    fn at(&self, place: &str, value: &Value, at: &str, found: &mut Vec<String>) {
        let Some(schema) = self.root.pointer(place) else { return };
        if let Some(target) = schema["$ref"].as_str() {
            return self.at(target.trim_start_matches('#'), value, at, found);
        }
        for forms in ["oneOf", "anyOf"] {
            for n in 0..schema[forms].as_array().map_or(0, Vec::len) {
                self.at(&format!("{place}/{forms}/{n}"), value, at, found);
            }
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let (place, at) = (format!("{place}/properties/{name}"), format!("{at}/{name}"));
            let Some(value) = value.get(name) else { continue };
            if allows_null(property) && (self.never)(&at) {
                found.push(place.clone());
            }
            self.at(&place, value, &at, found);
        }
        if let (Some(_), Some(first)) = (schema.get("items"), value.get(0)) {
            self.at(&format!("{place}/items"), first, &format!("{at}/0"), found);
        }
    }
}

fn allows_null(schema: &Value) -> bool {
    let null = |list: &Value, null: Value| list.as_array().is_some_and(|list| list.contains(&null));
    null(&schema["type"], json!("null"))
        || null(&schema["anyOf"], json!({ "type": "null" }))
        || null(&schema["enum"], Value::Null)
}

fn take_null(schema: &mut Value) {
    for (list, null) in [("type", json!("null")), ("anyOf", json!({ "type": "null" })), ("enum", Value::Null)]
    {
        if let Some(items) = schema.get_mut(list).and_then(Value::as_array_mut) {
            items.retain(|item| *item != null);
        }
    }
    if let Some([only]) = schema["type"].as_array().map(Vec::as_slice) {
        schema["type"] = only.clone();
    }
    // What is left alone stands for itself; what the field says of itself counts more.
    if let Some([Value::Object(only)]) = schema["anyOf"].as_array().map(Vec::as_slice) {
        let mut merged = only.clone();
        let own = schema.as_object_mut().into_iter().flatten().filter(|(keyword, _)| *keyword != "anyOf");
        merged.extend(own.map(|(keyword, value)| (keyword.clone(), value.clone())));
        *schema = Value::Object(merged);
    }
}
