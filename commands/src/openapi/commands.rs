//! One operation for each command of the registry.

use serde_json::{Map, Value, json};
use xentri_domain::aggregate::{Authority, CommandKind, Door};
use xentri_domain::registry::command_kinds;
use xentri_schemas::command_name;

use super::answers;
use super::bodies::{Body, component_name};
use super::headers::{COMMAND_PARAMETERS, uuid};
use crate::rest::route::path;

pub(super) fn describe(
    paths: &mut Map<String, Value>,
    schemas: &mut Map<String, Value>,
    responses: &mut Map<String, Value>,
) {
    for kind in command_kinds() {
        let Some(body) = Body::of(kind, schemas) else { continue };
        let mut operation = json!({
            "operationId": command_name(kind),
            "tags": [context(kind)],
            "summary": summary(&body.description),
            "description": description(kind, &body),
            "parameters": parameters(kind, &body),
            "responses": answers::of(kind, responses),
        });
        if kind.door != Door::Inbox {
            let name = component_name(&command_name(kind));
            let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
            operation["requestBody"] = json!({
                "required": body.is_required(),
                "content": { "application/json": { "schema": schema, "example": body.example } },
            });
            schemas.insert(name, Value::Object(body.schema));
        }
        paths.insert(path(kind), json!({ "post": operation }));
    }
}

fn context(kind: &CommandKind) -> &'static str {
    kind.collection.split('/').nth(1).unwrap_or(kind.stream_type)
}

/// The first sentence, as a title.
fn summary(description: &str) -> &str {
    description.split_once(". ").map_or(description, |(first, _)| first).trim_end_matches('.')
}

fn description(kind: &CommandKind, body: &Body) -> String {
    let needs = match kind.authority {
        Authority::Permission(permission) => format!("the permission `{permission}`"),
        Authority::PulseScope => "to see the Pulse scope that it names, and a permission to write".to_owned(),
        Authority::System => "to be a service or a job of the platform".to_owned(),
    };
    let mut text = format!("{}\n\nNeeds {needs}.", body.description);
    if !body.personal.is_empty() {
        let fields: Vec<_> = body.personal.iter().map(|pointer| format!("`{pointer}`")).collect();
        text = format!("{text}\n\nPersonal data, sealed as it is recorded: {}.", fields.join(", "));
    }
    text
}

fn parameters(kind: &CommandKind, body: &Body) -> Vec<Value> {
    let in_path = |name: &str, schema: Value| json!({ "name": name, "in": "path", "required": true, "schema": schema, "example": example(body, name) });
    let mut parameters = match kind.door {
        Door::Create | Door::OnePerOrg => Vec::new(),
        Door::Stream => vec![in_path("id", uuid())],
        Door::Inbox => {
            ["scope", "item_id"].map(|name| in_path(name, body.schema["properties"][name].clone())).into()
        }
    };
    let shared = COMMAND_PARAMETERS.iter();
    parameters.extend(shared.map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })));
    parameters
}

fn example(body: &Body, name: &str) -> Value {
    body.example.get(name).cloned().unwrap_or_else(|| "0190a5e1-0000-7000-8000-000000000002".into())
}
