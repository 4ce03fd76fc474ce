//! What is offered beside commands: a preference, health, and documents.

use serde_json::{Map, Value, json};
use xentri_schemas::ErrorKind;

use super::answers::problems;

pub(super) fn describe(paths: &mut Map<String, Value>, responses: &mut Map<String, Value>) {
    paths.insert("/api/v1/users/me/last-scope".into(), json!({ "put": last_scope(responses) }));
    paths.insert("/health".into(), json!({ "get": health() }));
    paths.insert("/health/ready".into(), json!({ "get": ready() }));
    paths.insert("/api/openapi.json".into(), json!({ "get": this_document() }));
    paths.insert("/errors".into(), json!({ "get": error_list() }));
    paths.insert("/errors/{code}".into(), json!({ "get": error_page(responses) }));
}

fn last_scope(responses: &mut Map<String, Value>) -> Value {
    let kinds = &[
        ErrorKind::MALFORMED,
        ErrorKind::BAD_HEADER,
        ErrorKind::UNAUTHENTICATED,
        ErrorKind::FORBIDDEN,
        ErrorKind::ORG_UNKNOWN,
        ErrorKind::ORG_MISMATCH,
        ErrorKind::ORG_MISSING,
        ErrorKind::ORIGIN_REFUSED,
        ErrorKind::REQUEST_TIMEOUT,
        ErrorKind::TOO_LARGE,
        ErrorKind::UNSUPPORTED_MEDIA_TYPE,
        ErrorKind::INVALID,
        ErrorKind::RATE_LIMITED,
        ErrorKind::HEADERS_TOO_LARGE,
        ErrorKind::INTERNAL,
        ErrorKind::OVERLOADED,
        ErrorKind::UNAVAILABLE,
        ErrorKind::SHUTTING_DOWN,
    ];
    let mut answers = problems("last_scope", kinds, responses);
    answers.insert("204".into(), json!({ "description": "Kept." }));
    let schema = json!({
        "type": "object",
        "properties": { "scope": { "$ref": "#/components/schemas/Scope" } },
        "required": ["scope"],
        "additionalProperties": false,
    });
    json!({
        "operationId": "last-scope.set",
        "tags": ["users"],
        "summary": "Keeps the Pulse scope that the user looked at last",
        "description": "Where a user may see several, the next landing is at this one. The user has to be allowed to see it.",
        "parameters": [{ "$ref": "#/components/parameters/Org" }],
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": schema, "example": { "scope": "category.sales" } } },
        },
        "responses": answers,
    })
}

fn health() -> Value {
    open("health", "Whether the process runs", &json!({ "200": report("It runs.") }))
}

fn ready() -> Value {
    let answers = json!({ "200": report("It takes requests."), "503": report("It can't do its work; the report says why.") });
    open("health.ready", "Whether it takes requests", &answers)
}

fn report(description: &str) -> Value {
    let schema =
        json!({ "type": "object", "properties": { "status": { "type": "string" } }, "required": ["status"] });
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

fn this_document() -> Value {
    let etag = json!({ "ETag": { "description": "Of this text.", "schema": { "type": "string" } } });
    let answers = json!({
        "200": {
            "description": "An OpenAPI 3.1 document.",
            "headers": etag,
            "content": { "application/json": { "schema": { "type": "object" } } },
        },
        "304": { "description": "It is the one that `If-None-Match` names.", "headers": etag },
    });
    let mut operation = open("openapi", "This document", &answers);
    let schema = json!({ "type": "string" });
    operation["parameters"] = json!([{ "name": "If-None-Match", "in": "header", "schema": schema }]);
    operation
}

fn error_list() -> Value {
    open("errors", "All codes of errors", &json!({ "200": page() }))
}

fn error_page(responses: &mut Map<String, Value>) -> Value {
    let mut answers = problems("error_page", &[ErrorKind::NOT_FOUND], responses);
    answers.insert("200".into(), page());
    let mut operation = open("errors.code", "What a code means, and what to do", &Value::Object(answers));
    let schema = json!({ "type": "string" });
    operation["parameters"] =
        json!([{ "name": "code", "in": "path", "required": true, "schema": schema, "example": "INVALID" }]);
    operation
}

fn page() -> Value {
    let text = json!({ "schema": { "type": "string" } });
    json!({
        "description": "For people, in the form that `Accept` asks for.",
        "content": { "text/markdown": text, "text/html": text, "text/plain": text },
    })
}

fn open(id: &str, summary: &str, responses: &Value) -> Value {
    json!({ "operationId": id, "tags": ["system"], "summary": summary, "security": [], "responses": responses })
}
