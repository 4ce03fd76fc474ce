//! The document held against AsyncAPI 3.0, and the examples in it against their schemas.

use std::collections::BTreeSet;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{document, entries};

pub(super) fn assert_valid(validator: &Validator, value: &Value, what: &str) {
    let errors: Vec<_> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}");
}

/// A schema of the document, able to follow references, as AsyncAPI's tools read it.
pub(super) fn validator(schema: &Value, document: &Value) -> Validator {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    jsonschema::draft7::options().should_validate_formats(true).build(&schema).unwrap()
}

#[test]
fn the_document_is_one_of_asyncapi_3_0() {
    let schema: Value = serde_json::from_str(include_str!("asyncapi-3.0.json")).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    assert_valid(&validator, &document(), "asyncapi.json");
    for (pointer, wrong) in [
        ("/asyncapi", json!("2.6.0")),
        ("/operations/receiveLog/action", json!("subscribe")),
        ("/channels/log/bindings/kafka/partitions", json!(0)),
        ("/components/schemas/Envelope/type", json!("record")),
    ] {
        let mut broken = document();
        *broken.pointer_mut(pointer).unwrap() = wrong;
        assert!(!validator.is_valid(&broken), "{pointer} may be anything");
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let document = document();
    let mut targets = BTreeSet::new();
    references(&document, &mut targets);
    for target in &targets {
        assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target} leads nowhere");
    }
    for (kind, components) in entries(&document, "/components") {
        for name in components.as_object().unwrap().keys() {
            assert!(targets.contains(&format!("#/components/{kind}/{name}")), "{kind}/{name} is of no use");
        }
    }
}

/// A reference stands alone: in draft 07, nothing beside it would count.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    if let Some(target) = value.get("$ref").and_then(Value::as_str) {
        assert_eq!(value.as_object().unwrap().len(), 1, "{value}");
        found.insert(target.to_owned());
    }
    let below = value.as_object().into_iter().flatten().map(|(_, below)| below);
    below.chain(value.as_array().into_iter().flatten()).for_each(|below| references(below, found));
}

#[test]
fn every_message_has_an_example_that_fits_its_headers_and_its_payload() {
    let document = document();
    let mut checked = 0;
    for (name, message) in entries(&document, "/components/messages") {
        let example = &message["examples"][0];
        for part in ["headers", "payload"] {
            assert_valid(&validator(&message[part], &document), &example[part], &format!("{name}: {part}"));
        }
        checked += 1;
    }
    assert!(checked > 50, "{checked}");
}

#[test]
fn headers_that_lack_a_place_or_have_a_wrong_one_do_not_fit() {
    let document = document();
    for (_, message) in entries(&document, "/components/messages")
        .take(1)
        .chain([("heartbeat", &document["components"]["messages"][xentri_schemas::HEARTBEAT_TYPE])])
    {
        let validator = validator(&message["headers"], &document);
        let good = &message["examples"][0]["headers"];
        for (name, wrong) in [
            ("xentri-prev", "0"),
            ("xentri-prev", "0:01"),
            ("xentri-position", "-1"),
            ("xentri-epoch", ""),
            ("ce_type", "x"),
        ] {
            let mut broken = good.clone();
            broken[name] = wrong.into();
            assert!(!validator.is_valid(&broken), "{name}: {wrong:?}");
            broken.as_object_mut().unwrap().remove(name);
            assert!(!validator.is_valid(&broken), "without {name}");
        }
    }
}
