//! What is read over plain HTTP: the event feed, schemas, Pulse, and streams as they were. GraphQL describes itself.

use serde_json::{Map, Value, json};
use xentri_schemas::ErrorKind;

use super::answers::problems;
use super::headers::{named, uuid};

/// Of every read with a token.
const ANY_READ: &[&ErrorKind] = &[
    ErrorKind::MALFORMED,
    ErrorKind::BAD_HEADER,
    ErrorKind::BAD_PARAMETER,
    ErrorKind::UNAUTHENTICATED,
    ErrorKind::FORBIDDEN,
    ErrorKind::ORG_UNKNOWN,
    ErrorKind::ORG_MISMATCH,
    ErrorKind::ORG_MISSING,
    ErrorKind::REQUEST_TIMEOUT,
    ErrorKind::TOO_LARGE,
    ErrorKind::RATE_LIMITED,
    ErrorKind::HEADERS_TOO_LARGE,
    ErrorKind::INTERNAL,
    ErrorKind::OVERLOADED,
    ErrorKind::UNAVAILABLE,
];

pub(super) fn describe(paths: &mut Map<String, Value>, responses: &mut Map<String, Value>) {
    paths.insert("/api/v1/events".into(), json!({ "get": events(responses) }));
    paths.insert("/api/v1/schemas".into(), json!({ "get": schemas() }));
    paths.insert("/api/v1/schemas/{payload_schema}".into(), json!({ "get": schema(responses) }));
    paths.insert("/api/v1/pulse/landing".into(), json!({ "get": landing(responses) }));
    paths.insert("/api/v1/pulse/{scope}".into(), json!({ "get": pulse(responses) }));
    paths.insert("/api/v1/streams/{type}/{id}".into(), json!({ "get": then(responses) }));
    paths.insert("/api/v1/streams/{type}/{id}/diff".into(), json!({ "get": diff(responses) }));
}

fn events(responses: &mut Map<String, Value>) -> Value {
    let page = json!({
        "type": "object",
        "properties": {
            "data": { "type": "array", "items": envelope() },
            "next_after": { "type": "integer", "minimum": 0, "description": "What to send as `after` for the next page." },
        },
        "required": ["data", "next_after"],
    });
    let stream = json!({
        "type": "string",
        "description": "Server-sent events: `id` is the `org_seq`, `data` the envelope on one line.",
    });
    let answer = json!({
        "description": "A page, empty only when nothing more matches; or a stream, which goes on until the token ends.",
        "headers": rate(),
        "content": { "application/json": { "schema": page }, "text/event-stream": { "schema": stream } },
    });
    let number = json!({ "type": "integer", "minimum": 0 });
    let list = json!({ "type": "string", "examples": ["xentri.lead.created.v1,xentri.deal.won.v1"] });
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 });
    let parameters = [
        in_query(
            "after",
            "What comes behind the event with this `org_seq`; 0, or left out: from the first one on.",
            &number,
        ),
        in_query("types", "Only events of these types, with commas between them.", &list),
        in_query("limit", "The most events of a page; large ones may be fewer. A stream has none.", &limit),
        parameter("header", "Last-Event-ID", "Where a stream resumes; it goes before `after`.", &number),
    ];
    let about = "All of the org's events in the order of `org_seq`, which has no gaps. With `Accept: text/event-stream` they come \
                 as they happen, and `Last-Event-ID` resumes where a stream broke off. Personal fields are open for who may read \
                 them, else sealed.";
    let operation = read("events.list", "events", "The event feed", about, "`events:subscribe`", &parameters);
    answered(operation, answer, &[ErrorKind::CURSOR_AHEAD], responses)
}

fn schemas() -> Value {
    let one = json!({
        "type": "object",
        "properties": {
            "payload_schema": { "type": "string" },
            "type": { "type": "string" },
            "dataschema": { "type": "string", "description": "What `ce_dataschema` says." },
            "href": { "type": "string", "format": "uri-reference" },
        },
        "required": ["payload_schema", "type", "dataschema", "href"],
    });
    let list = json!({ "type": "object", "properties": { "data": { "type": "array", "items": one } }, "required": ["data"] });
    let answers = json!({ "200": document("All schemas.", "application/json", &list), "304": unchanged() });
    public("schemas.list", "The schemas of all events", &[if_none_match()], &answers)
}

fn schema(responses: &mut Map<String, Value>) -> Value {
    let mut answers = problems("schema", &[ErrorKind::NOT_FOUND], responses);
    let schema = json!({ "type": "object" });
    answers.insert(
        "200".into(),
        document("A JSON Schema, complete in itself.", "application/schema+json", &schema),
    );
    answers.insert("304".into(), unchanged());
    let name = in_path("payload_schema", &json!({ "type": "string" }), "lead.created@1.0");
    let summary = "What `ce_dataschema` names: the envelope with that payload inside";
    public("schemas.get", summary, &[name, if_none_match()], &Value::Object(answers))
}

fn landing(responses: &mut Map<String, Value>) -> Value {
    let scope = json!({ "$ref": "#/components/schemas/Scope" });
    let data = json!({ "type": "object", "properties": { "scope": scope }, "required": ["scope"] });
    let about = "The highest scope that the user may see; of several, the one where they were last.";
    let needs = "a permission of Pulse";
    let operation =
        read("pulse.landing", "pulse", "Where a user lands", about, needs, &[consistency_token()]);
    answered(operation, json_answer("The scope.", &data), &[ErrorKind::BAD_CONSISTENCY_TOKEN], responses)
}

fn pulse(responses: &mut Map<String, Value>) -> Value {
    let text = json!({ "type": "string" });
    let next = json!({ "type": ["string", "null"], "description": "What to send as `after`; null on the last page." });
    let page = json!({
        "type": "object",
        "properties": { "data": { "type": "array", "items": item() }, "next_after": next },
        "required": ["data", "next_after"],
    });
    let mut answer = json!({ "description": "A page.", "headers": rate(), "content": { "application/json": { "schema": page } } });
    answer["headers"]["Content-Language"] =
        json!({ "description": "Of titles and summaries.", "schema": text });
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 });
    let parameters = [
        in_path("scope", &json!({ "$ref": "#/components/schemas/Scope" }), "module.leads"),
        in_query("limit", "The most items of a page.", &limit),
        in_query("after", "The `next_after` of the page before.", &text),
        parameter("header", "Accept-Language", "`en` or `es`; the org's own where it names neither.", &text),
        consistency_token(),
    ];
    let about = "What deserves attention at a scope now: the most important first, of those the newest. What the user has \
                 dismissed is not among it.";
    let needs = "the `pulse:` permission of the scope or of one above it";
    let operation = read("pulse.list", "pulse", "What deserves attention", about, needs, &parameters);
    let own = [
        ErrorKind::BAD_CONSISTENCY_TOKEN,
        ErrorKind::NOT_FOUND,
        ErrorKind::STALE_READ,
        ErrorKind::PROJECTION_PARKED,
    ];
    answered(operation, answer, &own, responses)
}

fn then(responses: &mut Map<String, Value>) -> Value {
    let data = json!({
        "type": "object",
        "properties": {
            "stream_type": { "type": "string" },
            "stream_id": { "type": "string", "format": "uuid" },
            "version": { "type": "integer", "minimum": 1 },
            "recorded_at": { "type": "string", "format": "date-time", "description": "Of the event of that version." },
            "state": { "type": "object", "description": "As `data.state` of a command has it." },
        },
        "required": ["stream_type", "stream_id", "version", "recorded_at", "state"],
    });
    let moment = json!({ "$ref": "#/components/schemas/Timestamp" });
    let mut parameters = Vec::from(stream());
    parameters.push(in_query(
        "version",
        "As of this version; now where neither is given.",
        &json!({ "type": "integer", "minimum": 1 }),
    ));
    parameters.push(in_query("at", "With what was recorded by then.", &moment));
    let about =
        "Folded from the stream's events. Personal fields are open for who may read them, else sealed.";
    let operation = read(
        "streams.get",
        "history",
        "The state of anything as of then",
        about,
        "`ledger:read`",
        &parameters,
    );
    answered(operation, json_answer("The state.", &data), &[ErrorKind::NOT_FOUND], responses)
}

fn diff(responses: &mut Map<String, Value>) -> Value {
    let change = json!({
        "type": "object",
        "properties": {
            "pointer": { "type": "string", "format": "json-pointer" },
            "before": { "description": "Left out where there was nothing." },
            "after": { "description": "Left out where there is nothing." },
        },
        "required": ["pointer"],
    });
    let version = json!({ "type": "integer", "minimum": 0 });
    let mut parameters = Vec::from(stream());
    for (name, about) in
        [("from", "The version before; 0 is before the stream began."), ("to", "The version after.")]
    {
        let mut parameter = in_query(name, about, &version);
        parameter["required"] = true.into();
        parameters.push(parameter);
    }
    let about = "What changed between two versions of a stream, field by field.";
    let operation =
        read("streams.diff", "history", "What changed in between", about, "`ledger:read`", &parameters);
    let list = json!({ "type": "array", "items": change });
    answered(operation, json_answer("The changes.", &list), &[ErrorKind::NOT_FOUND], responses)
}

fn stream() -> [Value; 2] {
    let stream_type =
        json!({ "type": "string", "enum": xentri_domain::registry::STREAM_TYPES, "x-grows": true });
    [in_path("type", &stream_type, "lead"), in_path("id", &uuid(), "0190a5e1-0000-7000-8000-000000000002")]
}

fn read(id: &str, tag: &str, summary: &str, about: &str, needs: &str, parameters: &[Value]) -> Value {
    let org = json!({ "$ref": "#/components/parameters/Org" });
    json!({
        "operationId": id,
        "tags": [tag],
        "summary": summary,
        "description": format!("{about}\n\nNeeds {needs}."),
        "parameters": parameters.iter().chain([&org]).collect::<Vec<_>>(),
    })
}

fn answered(
    mut operation: Value,
    answer: Value,
    own: &[&'static ErrorKind],
    responses: &mut Map<String, Value>,
) -> Value {
    let mut answers = problems("read", ANY_READ, responses);
    // A status for which an operation has codes of its own is described with its tag; of the others there is one for all.
    let is_like = |any: &&&ErrorKind| own.iter().any(|own| own.status == any.status);
    let more: Vec<_> = ANY_READ.iter().filter(is_like).chain(own).copied().collect();
    let shared = |kind: &&ErrorKind| ANY_READ.iter().any(|any| any.status == kind.status);
    let (of_tag, of_all): (Vec<_>, Vec<_>) = more.into_iter().partition(shared);
    let tag = operation["tags"][0].as_str().unwrap_or_default().to_owned();
    answers.extend(problems(&tag, &of_tag, responses));
    answers.extend(problems("read", &of_all, responses));
    answers.insert("200".into(), answer);
    operation["responses"] = Value::Object(answers);
    operation
}

fn public(id: &str, summary: &str, parameters: &[Value], responses: &Value) -> Value {
    json!({
        "operationId": id, "tags": ["events"], "summary": summary, "security": [],
        "parameters": parameters, "responses": responses,
    })
}

/// What stands in `data`.
fn json_answer(description: &str, data: &Value) -> Value {
    let schema = json!({ "type": "object", "properties": { "data": data }, "required": ["data"] });
    json!({ "description": description, "headers": rate(), "content": { "application/json": { "schema": schema } } })
}

fn document(description: &str, media_type: &str, schema: &Value) -> Value {
    json!({ "description": description, "headers": tag(), "content": { media_type: { "schema": schema } } })
}

fn unchanged() -> Value {
    json!({ "description": "It is the one that `If-None-Match` names.", "headers": tag() })
}

fn tag() -> Value {
    json!({ "ETag": { "description": "Of this text.", "schema": { "type": "string" } } })
}

fn rate() -> Value {
    named(&["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"])
}

fn if_none_match() -> Value {
    parameter(
        "header",
        "If-None-Match",
        "The `ETag` of the one that is there already.",
        &json!({ "type": "string" }),
    )
}

fn consistency_token() -> Value {
    parameter(
        "header",
        "X-Consistency-Token",
        "The `consistency_token` of a command: what is answered shows what the command did.",
        &json!({ "type": "string" }),
    )
}

fn in_query(name: &str, description: &str, schema: &Value) -> Value {
    parameter("query", name, description, schema)
}

fn in_path(name: &str, schema: &Value, example: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": schema, "example": example })
}

fn parameter(place: &str, name: &str, description: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": place, "description": description, "schema": schema })
}

fn envelope() -> Value {
    json!({
        "type": "object",
        "description": "An event in its envelope. `/api/v1/schemas/{payload_schema}` has its whole schema.",
        "properties": {
            "id": { "type": "string", "format": "uuid" },
            "type": { "type": "string", "examples": ["xentri.lead.created.v1"] },
            "payload_schema": { "type": "string", "examples": ["lead.created@1.0"] },
            "payload": { "type": "object" },
        },
        "required": ["id", "type", "payload_schema", "payload"],
    })
}

fn item() -> Value {
    let text = json!({ "type": "string" });
    let id = json!({ "type": "string", "format": "uuid" });
    let moment = json!({ "type": ["string", "null"], "format": "date-time" });
    json!({
        "type": "object",
        "properties": {
            "id": id, "scope": text, "source_event_id": id,
            "importance": { "type": "integer", "minimum": 1, "maximum": 5, "description": "1 is the highest." },
            "title": text, "summary": { "type": ["string", "null"] },
            "action_required": { "type": "boolean" }, "action_url": { "type": ["string", "null"] },
            "visible_from": moment, "expires_at": moment, "created_at": { "type": "string", "format": "date-time" },
            "promoted_from": { "type": ["string", "null"], "format": "uuid" },
            "about": {
                "type": "object",
                "properties": { "type": text, "id": id },
                "required": ["type", "id"],
            },
        },
        "required": ["id", "scope", "source_event_id", "importance", "title", "action_required", "created_at", "about"],
    })
}
