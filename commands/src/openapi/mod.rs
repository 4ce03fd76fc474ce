//! The OpenAPI 3.1 document: everything that is offered over HTTP but GraphQL, the commands made from the
//! registry and their schemas.
//!
//! It is served as it is assembled here, and committed with the same bytes as `schemas/openapi/openapi.json`.

mod admin;
mod answers;
mod bodies;
mod commands;
mod headers;
mod others;
mod reads;
mod text;

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

static TEXT: LazyLock<String> = LazyLock::new(|| text::written(&assembled()));

const ABOUT: &str = "\
Commands change what an org knows; each answers with the events that it has led to. Reads are at `/graphql`, and so are \
subscriptions to what is new.

- **Repeat safely**: with an `Idempotency-Key` the same command may be sent again, and is done once.
- **Don't overwrite**: with `If-Match` a command is only done when the stream still has that version.
- **Read your writes**: `consistency_token` of an answer, sent with a read, waits until the read has it.
- **Errors** are `application/problem+json`. `code` is stable, and [a page](/errors) says what each one means and what to do.
- **Personal data** is marked `x-personal` in the schemas. It is sealed as it is recorded, and can be forgotten.
- Money is whole minor units with an ISO 4217 currency. Moments are ISO 8601. Unknown fields are refused.";

/// As it is served and committed: the same bytes for the same commands.
pub fn document() -> &'static str {
    &TEXT
}

fn assembled() -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    let mut responses = Map::new();
    commands::describe(&mut paths, &mut schemas, &mut responses);
    reads::describe(&mut paths, &mut responses);
    admin::describe(&mut paths, &mut responses);
    others::describe(&mut paths, &mut responses);
    answers::schemas(&mut schemas);
    responses.extend(answers::success());
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Xentri",
            "version": "1",
            "summary": "The backend of a multi-tenant business operating system: commands over HTTP.",
            "description": ABOUT,
            "license": { "name": "Apache 2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "Where this document is from." }],
        "security": [{ "bearer": [] }, { "session": [] }],
        "tags": tags(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses,
            "parameters": headers::parameters(),
            "headers": headers::headers(),
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "session": {
                    "type": "apiKey", "in": "cookie", "name": "xentri_session",
                    "description": "The same token in an HTTP-only cookie; every write then needs an `Origin` that is allowed.",
                },
            },
        },
    })
}

fn tags() -> Value {
    json!([
        { "name": "core", "description": "Orgs and their settings; forgetting a person." },
        { "name": "strategy", "description": "The brief: the strategy that other modules read." },
        { "name": "sales", "description": "Leads." },
        { "name": "finance", "description": "Invoices." },
        { "name": "brand", "description": "Sites and their pages." },
        { "name": "pulse", "description": "What deserves attention." },
        { "name": "events", "description": "Everything that happened, in order, and the schemas of it." },
        { "name": "history", "description": "Anything as it was." },
        { "name": "users", "description": "Preferences of the acting user. They are no events." },
        { "name": "admin", "description": "Running the platform, of all orgs." },
        { "name": "system", "description": "Health and documents. No token is needed." },
    ])
}
