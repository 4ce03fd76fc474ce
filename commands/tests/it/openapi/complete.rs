//! Every command is described, as it is.

use std::collections::BTreeMap;

use serde_json::Value;
use xentri_domain::aggregate::{CommandKind, Door};
use xentri_domain::registry::{command_kinds, refusal_cases};
use xentri_schemas::{ErrorKind, command_name, command_schema, read_command};

use super::{document, operations, resolved};

fn operation<'a>(document: &'a Value, kind: &CommandKind) -> &'a Value {
    let name = command_name(kind);
    let mut found =
        operations(document).into_iter().filter(|(.., operation)| operation["operationId"] == name);
    let (path, method, operation) = found.next().unwrap_or_else(|| panic!("{name} is not described"));
    assert!(
        method == "post" && path.starts_with(&format!("/api/v1{}", kind.collection)),
        "{name} at {method} {path}"
    );
    assert!(found.next().is_none(), "{name} is described twice");
    operation
}

#[test]
fn every_command_is_an_operation() {
    let document = document();
    for kind in command_kinds() {
        let summary = operation(&document, kind)["summary"].as_str().unwrap();
        assert!(!summary.is_empty() && !summary.ends_with('.'), "{kind:?}: {summary}");
    }
    let posted = operations(&document).into_iter().filter(|(_, method, _)| *method == "post");
    let commands = posted.filter(|(path, ..)| !path.starts_with("/api/v1/admin/"));
    assert_eq!(
        commands.count(),
        command_kinds().count(),
        "two commands share a path, or what is posted is no command"
    );
    let names = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect::<Vec<_>>();
    assert!(operations(&document).iter().all(|(.., operation)| names.contains(&&operation["tags"][0])));
}

#[test]
fn the_paths_are_those_of_the_product() {
    let document = document();
    for path in [
        "/api/v1/sales/leads",
        "/api/v1/sales/leads/{id}/qualify",
        "/api/v1/strategy/brief/start",
        "/api/v1/pulse/items",
        "/api/v1/pulse/items/{id}/promote",
        "/api/v1/pulse/{scope}/dismiss/{item_id}",
        "/api/v1/core/subjects/{id}/forget",
    ] {
        assert!(document["paths"].get(path).is_some(), "{path}");
    }
}

#[test]
fn every_example_is_a_command() {
    let document = document();
    for kind in command_kinds() {
        let body = &operation(&document, kind)["requestBody"];
        if body.is_null() {
            continue;
        }
        let example = body.pointer("/content/application~1json/example").unwrap();
        let command = read_command(kind, example.to_string().as_bytes());
        assert_eq!(command.unwrap().kind(), kind);
    }
}

#[test]
fn every_refusal_of_an_aggregate_is_among_its_answers() {
    let document = document();
    for kind in command_kinds() {
        let answers = &operation(&document, kind)["responses"];
        for case in refusal_cases(kind.stream_type) {
            let error = ErrorKind::of(&case.code.to_uppercase()).unwrap();
            let answer = resolved(&answers[error.status.to_string()], &document);
            let codes = answer.pointer("/content/application~1problem+json/schema/properties/code/enum");
            let listed = codes
                .and_then(Value::as_array)
                .is_some_and(|codes| codes.iter().any(|code| code == error.code));
            let not_of_a_new_one = error.status == 404 && kind.door == Door::Create;
            assert_eq!(listed, !not_of_a_new_one, "{}: {}", command_name(kind), error.code);
        }
    }
}

/// Components are shared by name: what two commands call alike has to be alike.
#[test]
fn no_two_schemas_share_a_name() {
    let mut definitions = BTreeMap::new();
    for kind in command_kinds() {
        let name = command_name(kind);
        let schema: Value = serde_json::from_str(command_schema(&name).unwrap()).unwrap();
        for (definition, content) in schema["$defs"].as_object().into_iter().flatten() {
            let first = definitions.entry(definition.clone()).or_insert_with(|| content.clone());
            assert_eq!(first, content, "{name}: {definition} is another one elsewhere");
        }
    }
    let document = document();
    let bodies = operations(&document).into_iter().filter(|(_, _, operation)| {
        operation.pointer("/requestBody/content/application~1json/schema/$ref").is_some()
    });
    let ours = ["CommandAnswer", "FieldError", "Problem"].len();
    let schemas = document.pointer("/components/schemas").unwrap().as_object().unwrap();
    assert_eq!(schemas.len(), definitions.len() + bodies.count() + ours, "one has taken another's place");
}

#[test]
fn personal_fields_are_named_where_there_are_any() {
    let document = document();
    let said = |path: &str| document["paths"][path]["post"]["description"].as_str().unwrap().to_owned();
    let capture = said("/api/v1/sales/leads");
    assert!(
        capture.ends_with("Personal data, sealed as it is recorded: `/email`, `/name`, `/note`, `/phone`."),
        "{capture}"
    );
    assert!(said("/api/v1/finance/invoices").contains("`/customer/name`"));
    assert!(!said("/api/v1/brand/sites").contains("Personal"));
    assert_eq!(
        document.pointer("/components/schemas/LeadCapture/properties/name/x-personal"),
        Some(&Value::Bool(true))
    );
}
