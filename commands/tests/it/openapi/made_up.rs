//! Pairs of documents that were never released, one change each.

use serde_json::{Value, json};

use super::differences::breaking;
use super::document;

fn old() -> Value {
    json!({
        "paths": {
            "/leads": { "post": {
                "operationId": "lead.capture",
                "parameters": [{ "$ref": "#/components/parameters/Key" }],
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Lead" } } } },
                "responses": {
                    "201": { "$ref": "#/components/responses/Created" },
                    "409": { "description": "", "content": { "application/problem+json": { "schema": { "type": "object" } } } },
                },
            } },
            "/health": { "get": { "operationId": "health", "security": [], "responses": { "200": { "description": "" } } } },
        },
        "components": {
            "parameters": { "Key": { "name": "Idempotency-Key", "in": "header", "schema": { "type": "string", "maxLength": 255 } } },
            "schemas": {
                "Lead": { "type": "object", "properties": {
                    "name": { "type": "string", "maxLength": 200 },
                    "source": { "enum": ["form", "import"] },
                }, "required": ["name"] },
                "Answer": { "type": "object", "properties": {
                    "id": { "type": "string" },
                    "state": { "enum": ["new", "won"] },
                    "count": { "type": "integer" },
                }, "required": ["id"] },
            },
            "responses": { "Created": {
                "description": "",
                "headers": { "ETag": {} },
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Answer" } } },
            } },
        },
    })
}

type Row<'a> = (&'a str, &'a str, Value, &'a [&'a str]);

/// What changes, where, into what (null takes it away), and what is said.
#[test]
#[rustfmt::skip]
fn every_rule() {
    let gone = Value::Null;
    let rows: &[Row<'_>] = &[
        ("an operation goes", "/paths/~1leads", gone.clone(), &["POST /leads: the operation is gone"]),
        ("an operation comes", "/paths/~1pages", json!({ "post": { "operationId": "page.add" } }), &[]),
        ("its id changes", "/paths/~1leads/post/operationId", json!("capture"), &["POST /leads: its operationId is another"]),
        ("words for people", "/paths/~1leads/post/summary", json!("New"), &[]),
        ("it needs a token", "/paths/~1health/get/security", gone.clone(), &["GET /health: it needs a token now"]),
        ("a parameter goes", "/paths/~1leads/post/parameters", json!([]), &["POST /leads: the parameter idempotency-key is gone"]),
        ("a parameter is required", "/components/parameters/Key/required", json!(true), &["POST /leads: the parameter idempotency-key is required now"]),
        ("a parameter is narrower", "/components/parameters/Key/schema/maxLength", json!(9), &["POST /leads, parameter idempotency-key at /: a bound is narrower (maxLength 255 → 9)"]),
        ("a parameter is wider", "/components/parameters/Key/schema/maxLength", json!(999), &[]),
        ("a body is required", "/paths/~1leads/post/requestBody/required", json!(true), &["POST /leads: a body is required now"]),
        ("a body has an optional field more", "/components/schemas/Lead/properties/email", json!({ "type": "string" }), &[]),
        ("a body has a required field more", "/components/schemas/Lead/required", json!(["name", "source"]), &["POST /leads, body at /source: the field was optional and is required (source)"]),
        ("a body's field goes", "/components/schemas/Lead/properties/source", gone.clone(), &["POST /leads, body at /source: the field is gone (source)"]),
        ("a body's bound narrows", "/components/schemas/Lead/properties/name/maxLength", json!(9), &["POST /leads, body at /name: a bound is narrower (maxLength 200 → 9)"]),
        ("a body takes a word more", "/components/schemas/Lead/properties/source/enum", json!(["form", "import", "api"]), &[]),
        ("a body takes a word less", "/components/schemas/Lead/properties/source/enum", json!(["form"]), &["POST /leads, body at /source: a choice is gone (\"import\")"]),
        ("an answer has a field more", "/components/schemas/Answer/properties/version", json!({ "type": "integer" }), &[]),
        ("an answer always has a field", "/components/schemas/Answer/required", json!(["id", "count"]), &[]),
        ("an answer no longer has a field", "/components/schemas/Answer/required", json!([]), &["POST /leads, 201 at /id: the field was always there and may be missing (id)"]),
        ("an answer's field goes", "/components/schemas/Answer/properties/count", gone.clone(), &["POST /leads, 201 at /count: the field is gone (count)"]),
        ("an answer's field is retyped", "/components/schemas/Answer/properties/count/type", json!("string"), &["POST /leads, 201 at /count: the type is another (integer → string)"]),
        ("an answer knows a word less", "/components/schemas/Answer/properties/state/enum", json!(["new"]), &["POST /leads, 201 at /state: a choice is gone (\"won\")"]),
        ("an answer knows a word more", "/components/schemas/Answer/properties/state/enum", json!(["new", "won", "lost"]), &["POST /leads, 201 at /state: a choice is new (\"lost\")"]),
        ("an answer of success goes", "/paths/~1leads/post/responses/201", gone.clone(), &["POST /leads, 201: the answer is gone"]),
        ("an error no longer occurs", "/paths/~1leads/post/responses/409", gone.clone(), &[]),
        ("an error comes", "/paths/~1leads/post/responses/429", json!({ "description": "" }), &[]),
        ("a header goes", "/components/responses/Created/headers/ETag", gone.clone(), &["POST /leads, 201: the header ETag is gone"]),
        ("a media type goes", "/components/responses/Created/content", json!({}), &["POST /leads, 201: application/json is gone"]),
    ];
    for (what, pointer, value, expected) in rows {
        let mut new = old();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let (parent, name) = (new.pointer_mut(parent).unwrap().as_object_mut().unwrap(), name.replace("~1", "/"));
        if value.is_null() { parent.remove(&name); } else { parent.insert(name, value.clone()); }
        assert_eq!(breaking(&old(), &new).into_iter().collect::<Vec<_>>(), *expected, "{what}");
    }
}

#[test]
fn the_document_keeps_its_own_promises() {
    assert!(breaking(&old(), &old()).is_empty() && breaking(&document(), &document()).is_empty());
    let mut without = document();
    without["components"]["schemas"]["LeadCapture"]["properties"].as_object_mut().unwrap().remove("email");
    without["components"]["schemas"]["Problem"]["properties"].as_object_mut().unwrap().remove("code");
    let broken: Vec<_> = breaking(&document(), &without).into_iter().collect();
    assert!(
        broken.contains(&"POST /api/v1/sales/leads, body at /email: the field is gone (email)".to_owned())
    );
    assert!(broken.contains(&"POST /api/v1/sales/leads, 409 at /code: the field is gone (code)".to_owned()));
}
