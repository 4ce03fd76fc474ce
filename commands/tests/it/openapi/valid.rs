//! The document held against OpenAPI 3.1, and the schemas and examples in it against JSON Schema 2020-12.

use std::collections::BTreeSet;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{document, operations, resolved};

fn assert_valid(validator: &Validator, value: &Value, what: &str) {
    let errors: Vec<_> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}");
}

/// A schema of the document, able to follow references.
fn validator(schema: &Value, document: &Value) -> Validator {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

#[test]
fn the_document_is_one_of_openapi_3_1() {
    let schema: Value = serde_json::from_str(include_str!("oas-3.1.json")).unwrap();
    assert_eq!(schema["$id"], "https://spec.openapis.org/oas/3.1/schema/2022-10-07");
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert_valid(&validator, &document(), "openapi.json");
    let mut broken = document();
    broken["paths"]["/health"]["get"]["responses"]["200"] = json!({});
    assert!(!validator.is_valid(&broken), "it finds nothing at all");
}

#[test]
fn every_schema_in_it_is_one() {
    let document = document();
    let mut found = Vec::new();
    schemas(&document, &mut found);
    found.extend(document["components"]["schemas"].as_object().unwrap().values());
    assert!(found.len() > 100);
    for schema in found {
        if let Err(error) = jsonschema::meta::validate(schema) {
            panic!("{error}: {schema}");
        }
    }
}

/// Wherever OpenAPI has one.
fn schemas<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    for (key, below) in value.as_object().into_iter().flatten() {
        match key.as_str() {
            "schema" => found.push(below),
            "schemas" | "example" | "examples" => {}
            _ => schemas(below, found),
        }
    }
    value.as_array().into_iter().flatten().for_each(|item| schemas(item, found));
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let document = document();
    let mut targets = BTreeSet::new();
    references(&document, &mut targets);
    for target in &targets {
        assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target} leads nowhere");
    }
    for (kind, components) in document["components"].as_object().unwrap() {
        for name in components.as_object().unwrap().keys().filter(|_| kind != "securitySchemes") {
            assert!(targets.contains(&format!("#/components/{kind}/{name}")), "{kind}/{name} is of no use");
        }
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    found.extend(value.get("$ref").and_then(Value::as_str).map(str::to_owned));
    let below = value.as_object().into_iter().flatten().map(|(_, below)| below);
    below.chain(value.as_array().into_iter().flatten()).for_each(|below| references(below, found));
}

#[test]
fn every_example_fits_its_schema() {
    let document = document();
    let mut checked = 0;
    let mut check = |media: &Value, what: &str| {
        let validator = validator(&media["schema"], &document);
        let several =
            media["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
        for example in several.chain(media.get("example")) {
            assert_valid(&validator, example, what);
            checked += 1;
        }
    };
    for (path, method, operation) in operations(&document) {
        let what = format!("{method} {path}");
        if let Some(media) = operation.pointer("/requestBody/content/application~1json") {
            check(media, &what);
        }
    }
    for (name, response) in document["components"]["responses"].as_object().unwrap() {
        for media in response["content"].as_object().into_iter().flatten().map(|(_, media)| media) {
            check(media, name);
        }
    }
    assert!(checked > 150, "{checked}");
}

#[test]
fn an_answer_as_the_product_says_fits_its_schema() {
    let document = document();
    let operation = &document["paths"]["/api/v1/sales/leads"]["post"];
    let created = resolved(&operation["responses"]["201"], &document);
    let validator = validator(&created["content"]["application/json"]["schema"], &document);
    let answer = json!({
        "data": {
            "id": "0190a5e1-0000-7000-8000-000000000002", "version": 1, "org_seq": 42, "consistency_token": "AQID",
            "events": [{ "id": "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a", "type": "xentri.lead.created.v1" }],
        },
        "error": null,
        "meta": { "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736" },
    });
    assert_valid(&validator, &answer, "an answer");
    let mut with_state = answer.clone();
    with_state["data"]["state"] = json!({ "status": "new" });
    assert_valid(&validator, &with_state, "with its state");
    let mut without = answer;
    without["data"].as_object_mut().unwrap().remove("version");
    assert!(!validator.is_valid(&without));
}
