//! The OpenAPI document: complete, valid, true to the registry, and kept once released.

#[path = "../../../../schemas/tests/it/compatibility/compare.rs"]
#[allow(dead_code, reason = "shared with the tests of the schemas, which use all of it")]
mod compare;
mod complete;
mod differences;
mod made_up;
mod released;
#[path = "../../../../schemas/tests/it/compatibility/rule.rs"]
#[allow(dead_code, reason = "shared with the tests of the schemas, which use all of it")]
mod rule;
mod valid;

use serde_json::Value;

fn document() -> Value {
    serde_json::from_str(xentri_commands::openapi::document()).unwrap()
}

/// What a reference inside the document points at, or the value itself.
fn resolved<'a>(value: &'a Value, document: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|target| document.pointer(target.trim_start_matches('#')));
    target.unwrap_or(value)
}

/// Paths, methods and operations.
fn operations<'a>(document: &'a Value) -> Vec<(&'a str, &'a str, &'a Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let of_path = |(path, item): (&'a String, &'a Value)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    };
    paths.flat_map(of_path).collect()
}
