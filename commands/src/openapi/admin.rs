//! What those who run the platform ask for.

use serde_json::{Map, Value, json};
use xentri_schemas::ErrorKind;

use super::answers::problems;

const PATH: &str = "/api/v1/admin/rebuilds";

/// Of each of them.
const ANY: &[&ErrorKind] = &[
    ErrorKind::BAD_HEADER,
    ErrorKind::UNAUTHENTICATED,
    ErrorKind::FORBIDDEN,
    ErrorKind::ORG_UNKNOWN,
    ErrorKind::REQUEST_TIMEOUT,
    ErrorKind::TOO_LARGE,
    ErrorKind::RATE_LIMITED,
    ErrorKind::HEADERS_TOO_LARGE,
    ErrorKind::INTERNAL,
    ErrorKind::OVERLOADED,
    ErrorKind::UNAVAILABLE,
];

const ORDERED: &[&ErrorKind] =
    &[ErrorKind::MALFORMED, ErrorKind::REBUILD_OPEN, ErrorKind::UNSUPPORTED_MEDIA_TYPE, ErrorKind::INVALID];

pub(super) fn describe(paths: &mut Map<String, Value>, responses: &mut Map<String, Value>) {
    paths.insert(PATH.into(), json!({ "get": list(responses), "post": place(responses) }));
    paths.insert(format!("{PATH}/{{id}}"), json!({ "get": find(responses) }));
    paths.insert(format!("{PATH}/{{id}}/cancel"), json!({ "post": cancel(responses) }));
}

fn list(responses: &mut Map<String, Value>) -> Value {
    let about = "What was asked for here, the newest first, at most 100 of them.";
    let orders = json!({ "type": "array", "items": order() });
    let operation = operation("rebuilds.list", "The rebuilds that were asked for", about);
    answered(operation, &json!({ "200": answer("As they are.", &orders) }), &[], responses)
}

fn place(responses: &mut Map<String, Value>) -> Value {
    let about = "Read models are made anew beside those that are read, compared with them, and put in their place. A process that \
                 schedules does it, one order after the other; look at `Location` for how far it is.";
    let schema = json!({
        "type": "object",
        "properties": {
            "projections": {
                "type": "array", "items": { "type": "string" }, "minItems": 1, "uniqueItems": true,
                "description": "Their names, or `all` alone. They share one read of the ledger.",
            },
            "accept": {
                "type": "boolean", "default": false,
                "description": "Put a new version in place although it differs from the older one; or what was kept because it differed.",
            },
            "keep": {
                "type": "boolean", "default": false,
                "description": "Keep what should have been the same and is not, for somebody to look at.",
            },
            "throttle": { "type": "integer", "minimum": 1, "description": "The most events a second." },
        },
        "required": ["projections"],
        "additionalProperties": false,
    });
    let mut operation = operation("rebuilds.order", "Asks for a rebuild", about);
    operation["requestBody"] = json!({
        "required": true,
        "content": { "application/json": { "schema": schema, "example": { "projections": ["leads"] } } },
    });
    let mut accepted = answer("It is written down.", &order());
    accepted["headers"] =
        json!({ "Location": { "description": "Where it is told of.", "schema": { "type": "string" } } });
    answered(operation, &json!({ "202": accepted }), ORDERED, responses)
}

fn find(responses: &mut Map<String, Value>) -> Value {
    let mut operation = operation("rebuilds.get", "How far a rebuild is", "And what has come of it.");
    operation["parameters"] = json!([id()]);
    answered(operation, &json!({ "200": answer("As it is.", &order()) }), &[ErrorKind::NOT_FOUND], responses)
}

fn cancel(responses: &mut Map<String, Value>) -> Value {
    let about = "What was made of it is dropped. What readers see by then stays: `xentri rebuild --rollback` takes them back.";
    let mut operation = operation("rebuilds.cancel", "Ends a rebuild", about);
    operation["parameters"] = json!([id()]);
    let answers = json!({
        "200": answer("It has ended: now, if it waited, or before.", &order()),
        "202": answer("It ends as soon as whoever does it has noticed.", &order()),
    });
    answered(operation, &answers, &[ErrorKind::NOT_FOUND], responses)
}

fn operation(id: &str, summary: &str, about: &str) -> Value {
    json!({
        "operationId": id,
        "tags": ["admin"],
        "summary": summary,
        "description": format!("{about}\n\nNeeds `platform:operate`, which no role of an org has."),
        "security": [{ "bearer": [] }],
    })
}

fn answered(
    mut operation: Value,
    answers: &Value,
    own: &[&'static ErrorKind],
    responses: &mut Map<String, Value>,
) -> Value {
    let kinds: Vec<_> = ANY.iter().chain(own).copied().collect();
    let mut all = problems("admin", &kinds, responses);
    all.extend(answers.as_object().cloned().unwrap_or_default());
    operation["responses"] = Value::Object(all);
    operation
}

fn id() -> Value {
    let schema = json!({ "type": "string", "format": "uuid" });
    let example = "0190a5e1-0000-7000-8000-000000000003";
    json!({ "name": "id", "in": "path", "required": true, "schema": schema, "example": example })
}

fn answer(description: &str, data: &Value) -> Value {
    let schema = json!({ "type": "object", "properties": { "data": data }, "required": ["data"] });
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

fn order() -> Value {
    let moment = json!({ "type": ["string", "null"], "format": "date-time" });
    let count = json!({ "type": "integer", "minimum": 0 });
    json!({
        "type": "object",
        "properties": {
            "id": { "type": "string", "format": "uuid" },
            "projections": { "type": "array", "items": { "type": "string" } },
            "accept": { "type": "boolean" },
            "keep": { "type": "boolean" },
            "throttle": { "type": ["integer", "null"] },
            "state": { "enum": ["waiting", "running", "cancelling", "done", "differing", "paused", "cancelled", "failed"] },
            "requested_by": { "type": "string" },
            "requested_at": { "type": "string", "format": "date-time" },
            "begun_at": moment,
            "ended_at": moment,
            "phase": { "type": ["string", "null"], "description": "loading, following, comparing, settling." },
            "done": count,
            "total": count,
            "waits": { "type": ["string", "null"], "description": "Why it does not go on, where it does not." },
            "outcome": {
                "type": ["object", "null"],
                "description": "`rebuilt`, `differences` without what is personal, or `error`.",
            },
        },
        "required": ["id", "projections", "state", "requested_by", "requested_at", "done", "total"],
    })
}
