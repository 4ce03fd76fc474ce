//! The AsyncAPI document: valid, complete, and true to what is recorded.

mod complete;
mod valid;

use serde_json::Value;

use crate::files::read_json;
use crate::generated::ASYNCAPI_PATH;

fn document() -> Value {
    read_json(ASYNCAPI_PATH).unwrap()
}

/// Names and values of an object in the document.
fn entries<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let object = value.pointer(pointer).and_then(Value::as_object).unwrap_or_else(|| panic!("{pointer}"));
    object.iter().map(|(name, value)| (name.as_str(), value))
}
