//! What goes along in headers, both ways.

use serde_json::{Value, json};

/// Of every command, by their names among the components.
pub(super) const COMMAND_PARAMETERS: &[&str] = &[
    "IdempotencyKey",
    "IfMatch",
    "Prefer",
    "OccurredAt",
    "CorrelationId",
    "CausationId",
    "Reason",
    "OnBehalfOf",
    "Org",
];

pub(super) fn parameters() -> Value {
    json!({
        "IdempotencyKey": parameter("Idempotency-Key",
            "Chosen by the client, new for every command and the same when it is repeated. A repeated command is done once, and \
             answered as the first time with `Idempotency-Replayed: true`. Kept for 7 days.",
            &json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$", "examples": ["order-4711"] })),
        "IfMatch": parameter("If-Match",
            "The version that the stream must still have, in quotes; where it has moved on, the answer is 412.",
            &json!({ "type": "string", "pattern": "^\"(0|[1-9][0-9]{0,18})\"$", "examples": ["\"7\""] })),
        "Prefer": parameter("Prefer",
            "`return=representation` adds the new state as `data.state`.",
            &json!({ "type": "string", "examples": ["return=representation"] })),
        "OccurredAt": parameter("X-Occurred-At",
            "When it happened, for work that was done offline: in the past, or at most five minutes ahead. Now when left out.",
            &json!({ "$ref": "#/components/schemas/Timestamp" })),
        "CorrelationId": parameter("X-Correlation-Id", "What belongs together has the same one.", &uuid()),
        "CausationId": parameter("X-Causation-Id", "The event that this command answers to.", &uuid()),
        "Reason": parameter("X-Reason",
            "Why, for whoever reads the history. It names nobody: it is kept open, for ever.",
            &json!({ "type": "string", "minLength": 1, "maxLength": 1000, "pattern": "\\S" })),
        "OnBehalfOf": parameter("X-On-Behalf-Of", "For which user a service or an agent acts. Recorded; it gives no permission.", &uuid()),
        "Org": parameter("x-org-id",
            "The org that is acted in. Users may leave it out, and name no other than their token's; services name it here, by \
             our id or the identity provider's.",
            &json!({ "type": "string", "minLength": 1 })),
    })
}

pub(super) fn headers() -> Value {
    let number = |about: &str| json!({ "description": about, "schema": { "type": "integer", "minimum": 0 } });
    json!({
        "ETag": { "description": "The stream's version, in quotes, as `If-Match` takes it.", "schema": { "type": "string" } },
        "Location": { "description": "Where commands to the new stream begin.", "schema": { "type": "string", "format": "uri-reference" } },
        "IdempotencyReplayed": {
            "description": "It was done when it came before, and not again.",
            "schema": { "type": "string", "const": "true" },
        },
        "PreferenceApplied": {
            "description": "The answer has the state that `Prefer` asked for.",
            "schema": { "type": "string", "const": "return=representation" },
        },
        "RetryAfter": number("In so many seconds it is worth another try."),
        "RateLimitLimit": number("So many requests the org has in all."),
        "RateLimitRemaining": number("So many are left."),
        "RateLimitReset": number("In so many seconds all of them are there again."),
    })
}

/// References to headers by their names on the wire.
pub(super) fn named(names: &[&str]) -> Value {
    let reference = |name: &&str| {
        let component = name.trim_start_matches("X-").replace('-', "");
        ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{component}") }))
    };
    Value::Object(names.iter().map(reference).collect())
}

fn parameter(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "header", "description": description, "schema": schema })
}

/// As the types of ids read it.
pub(super) fn uuid() -> Value {
    json!({
        "type": "string",
        "format": "uuid",
        "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        "not": { "const": "00000000-0000-0000-0000-000000000000" },
    })
}
