//! The bodies of commands: their schemas, with what several share moved to the document's components.

use serde_json::{Map, Value};
use xentri_domain::aggregate::CommandKind;
use xentri_schemas::{command_name, command_schema};

/// How deep schemas are followed; none contains itself.
const DEEPEST: usize = 16;

pub(super) struct Body {
    pub(super) schema: Map<String, Value>,
    pub(super) description: String,
    pub(super) example: Value,
    /// Where personal data is, as JSON pointers with `*` for any item.
    pub(super) personal: Vec<String>,
}

impl Body {
    /// Puts the definitions that it uses among the components. None when there is no schema, which a test rules out.
    pub(super) fn of(kind: &CommandKind, components: &mut Map<String, Value>) -> Option<Self> {
        let schema: Value = serde_json::from_str(command_schema(&command_name(kind))?).ok()?;
        let mut personal = Vec::new();
        find_personal(&schema, &schema, "", 0, &mut personal);
        let Value::Object(mut schema) = with_references_to_components(schema) else { return None };
        if let Some(Value::Object(definitions)) = schema.remove("$defs") {
            components.extend(definitions);
        }
        // Of a schema that stands alone; in here an `$id` would turn every reference away.
        schema.remove("$schema");
        schema.remove("$id");
        let example = schema.remove("examples").and_then(|examples| examples.get(0).cloned())?;
        let description = schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(Self { schema, description, example, personal })
    }

    pub(super) fn is_required(&self) -> bool {
        self.schema.contains_key("required")
    }
}

/// `LeadSendProposal` of `lead.send-proposal`.
pub(super) fn component_name(name: &str) -> String {
    name.split(['.', '-', '_']).map(capitalized).collect()
}

pub(super) fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn with_references_to_components(schema: Value) -> Value {
    match schema {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| match (key.as_str(), value.as_str()) {
                ("$ref", Some(target)) => (key, target.replace("#/$defs/", "#/components/schemas/").into()),
                _ => (key, with_references_to_components(value)),
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(with_references_to_components).collect(),
        other => other,
    }
}

fn find_personal(schema: &Value, root: &Value, at: &str, depth: usize, found: &mut Vec<String>) {
    if depth > DEEPEST {
        return;
    }
    if schema["x-personal"] == true && !found.iter().any(|known| known == at) {
        found.push(at.to_owned());
    }
    let target = schema["$ref"].as_str().and_then(|target| root.pointer(target.trim_start_matches('#')));
    let forms =
        ["anyOf", "oneOf", "allOf"].iter().flat_map(|forms| schema[*forms].as_array().into_iter().flatten());
    for same_place in target.into_iter().chain(forms) {
        find_personal(same_place, root, at, depth + 1, found);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        find_personal(property, root, &format!("{at}/{name}"), depth + 1, found);
    }
    if let Some(items) = schema.get("items") {
        find_personal(items, root, &format!("{at}/*"), depth + 1, found);
    }
}
