//! What is answered: to a command that was done, and to one that was not.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use xentri_domain::aggregate::{CommandKind, Door};
use xentri_domain::registry::refusal_cases;
use xentri_schemas::{ErrorKind, FieldCode, PROBLEM_JSON};

use super::bodies::component_name;
use super::headers::named;

/// Whatever the command is. The rest is for its aggregate to say.
const ANY_COMMAND: &[&ErrorKind] = &[
    ErrorKind::MALFORMED,
    ErrorKind::BAD_HEADER,
    ErrorKind::UNAUTHENTICATED,
    ErrorKind::FORBIDDEN,
    ErrorKind::ORG_UNKNOWN,
    ErrorKind::ORG_MISMATCH,
    ErrorKind::ORG_MISSING,
    ErrorKind::ORIGIN_REFUSED,
    ErrorKind::REQUEST_TIMEOUT,
    ErrorKind::SUBJECT_FORGOTTEN,
    ErrorKind::VERSION_MISMATCH,
    ErrorKind::TOO_LARGE,
    ErrorKind::UNSUPPORTED_MEDIA_TYPE,
    ErrorKind::INVALID,
    ErrorKind::KEY_REUSED,
    ErrorKind::RATE_LIMITED,
    ErrorKind::HEADERS_TOO_LARGE,
    ErrorKind::INTERNAL,
    ErrorKind::CONTENDED,
    ErrorKind::OVERLOADED,
    ErrorKind::UNAVAILABLE,
    ErrorKind::OUTCOME_UNKNOWN,
    ErrorKind::SHUTTING_DOWN,
];

const RATE: [&str; 3] = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];

/// By status, as references to components that are added where they are new.
pub(super) fn of(kind: &CommandKind, components: &mut Map<String, Value>) -> Value {
    let mut answers = Map::new();
    // Only the decision knows whether another stream than a created one begins with the command.
    if kind.door != Door::Create {
        answers.insert("200".into(), json!({ "$ref": "#/components/responses/Done" }));
    }
    answers.insert("201".into(), json!({ "$ref": "#/components/responses/Created" }));
    // Who names a stream that is not there, or none that could be. A new one has no name yet.
    let names_one = (kind.door != Door::Create).then_some(ErrorKind::NOT_FOUND);
    let any: Vec<_> = ANY_COMMAND.iter().copied().chain(names_one).collect();
    let refusals = refusal_cases(kind.stream_type).iter();
    let own = refusals.filter_map(|case| ErrorKind::of(&case.code.to_uppercase()));
    let own = own.filter(|own| *own != ErrorKind::NOT_FOUND && !any.contains(own));
    let external = (kind.stream_type == "org").then_some(ErrorKind::EXTERNAL_ID_TAKEN);
    let own: Vec<_> = own.chain(external).collect();
    let all = any.iter().chain(&own).copied();
    for (status, kinds) in by_status(all) {
        let shared = own.iter().all(|own| own.status != status);
        let owner = if shared { "Any" } else { kind.stream_type };
        answers.insert(status.to_string(), problem(owner, status, &kinds, components));
    }
    Value::Object(answers)
}

/// Of an operation that is no command.
pub(super) fn problems(
    owner: &str,
    kinds: &[&'static ErrorKind],
    components: &mut Map<String, Value>,
) -> Map<String, Value> {
    let answers = by_status(kinds.iter().copied()).into_iter();
    answers.map(|(status, kinds)| (status.to_string(), problem(owner, status, &kinds, components))).collect()
}

fn by_status(kinds: impl Iterator<Item = &'static ErrorKind>) -> BTreeMap<u16, Vec<&'static ErrorKind>> {
    let mut sorted = BTreeMap::<_, Vec<_>>::new();
    for kind in kinds {
        let same = sorted.entry(kind.status).or_default();
        if !same.contains(&kind) {
            same.push(kind);
        }
    }
    sorted
}

fn problem(
    owner: &str,
    status: u16,
    kinds: &[&'static ErrorKind],
    components: &mut Map<String, Value>,
) -> Value {
    let name = format!("{}Problem{status}", component_name(owner));
    let lines: Vec<_> =
        kinds.iter().map(|kind| format!("- [`{0}`](/errors/{0}): {1}", kind.code, kind.title)).collect();
    let codes: Vec<_> = kinds.iter().map(|kind| kind.code).collect();
    let examples: Map<_, _> =
        kinds.iter().map(|kind| (kind.code.to_owned(), json!({ "value": kind.example() }))).collect();
    let mut response = json!({
        "description": lines.join("\n"),
        "content": { PROBLEM_JSON: {
            "schema": {
                "$ref": "#/components/schemas/Problem",
                "properties": { "code": { "enum": codes }, "status": { "const": status } },
            },
            "examples": examples,
        } },
    });
    match status {
        412 => response["headers"] = named(&["ETag"]),
        429 => response["headers"] = named(&["Retry-After", RATE[0], RATE[1], RATE[2]]),
        503 => response["headers"] = named(&["Retry-After"]),
        _ => {}
    }
    let reference = json!({ "$ref": format!("#/components/responses/{name}") });
    components.insert(name, response);
    reference
}

pub(super) fn success() -> Map<String, Value> {
    let content =
        json!({ "application/json": { "schema": { "$ref": "#/components/schemas/CommandAnswer" } } });
    let headers = |more: &[&str]| {
        named(
            &[&["ETag", "Idempotency-Replayed", "Preference-Applied", RATE[0], RATE[1], RATE[2]], more]
                .concat(),
        )
    };
    let answers = json!({
        "Done": {
            "description": "Done. No events at all: it is so already.",
            "headers": headers(&[]), "content": content,
        },
        "Created": {
            "description": "Done, and a new stream has begun.",
            "headers": headers(&["Location"]), "content": content,
        },
    });
    answers.as_object().cloned().unwrap_or_default()
}

pub(super) fn schemas(components: &mut Map<String, Value>) {
    components.insert("CommandAnswer".into(), answer());
    components.insert("Problem".into(), a_problem());
    components.insert("FieldError".into(), field_error());
}

fn answer() -> Value {
    let event = json!({
        "type": "object",
        "properties": { "id": { "type": "string", "format": "uuid" }, "type": { "type": "string", "examples": ["xentri.lead.created.v1"] } },
        "required": ["id", "type"],
    });
    let data = json!({
        "type": "object",
        "properties": {
            "id": { "type": "string", "format": "uuid", "description": "The stream: of the lead, the invoice and so on." },
            "version": { "type": "integer", "minimum": 0, "description": "Of the stream after the command; `If-Match` takes it." },
            "org_seq": { "type": "integer", "minimum": 0, "description": "Of the last event, in the order of all of the org's." },
            "consistency_token": { "type": "string", "description": "A read with this token shows what was done." },
            "events": { "type": "array", "items": event, "description": "Of the stream, then those of other streams." },
            "state": {
                "type": "object",
                "description": "The state at that version, with `Prefer: return=representation`. Personal fields are open for who may read them, else sealed.",
            },
        },
        "required": ["id", "version", "org_seq", "consistency_token", "events"],
    });
    json!({
        "type": "object",
        "description": "What a command has led to.",
        "properties": {
            "data": data,
            "error": { "type": "null" },
            "meta": { "type": "object", "properties": { "trace_id": trace_id() }, "required": ["trace_id"] },
        },
        "required": ["data", "error", "meta"],
    })
}

fn a_problem() -> Value {
    let seconds = |about: &str| json!({ "type": "integer", "minimum": 0, "description": about });
    let codes: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind.code).collect();
    json!({
        "type": "object",
        "description": "Problem Details of RFC 9457.",
        "properties": {
            "type": { "type": "string", "format": "uri-reference", "description": "A page about the code." },
            "title": { "type": "string" },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string", "description": "About this occurrence, for people." },
            "code": { "type": "string", "enum": codes, "x-grows": true, "description": "For programs: stable." },
            "trace_id": trace_id(),
            "errors": { "type": "array", "items": { "$ref": "#/components/schemas/FieldError" } },
            "retry_after": seconds("In so many seconds it is worth another try."),
            "limit": seconds("So many requests there are in all."),
            "remaining": seconds("So many are left."),
            "reset": seconds("In so many seconds all of them are there again."),
            "version": seconds("Where the stream stands now."),
        },
        "required": ["type", "title", "status", "detail", "code", "trace_id"],
    })
}

fn field_error() -> Value {
    let codes: Vec<_> =
        FieldCode::ALL.iter().map(|field| format!("- `{}`: {}", field.code, field.meaning)).collect();
    json!({
        "type": "object",
        "properties": {
            "pointer": { "type": "string", "format": "json-pointer", "description": "Where in the body." },
            "code": {
                "type": "string",
                "description": format!("For programs: stable. The problem's code in lower case, or one of these:\n\n{}", codes.join("\n")),
            },
            "detail": { "type": "string", "description": "For people." },
        },
        "required": ["pointer", "code", "detail"],
    })
}

fn trace_id() -> Value {
    json!({ "type": "string", "pattern": "^[0-9a-f]{32}$", "examples": ["4bf92f3577b34da6a3ce929d0e0e4736"] })
}
