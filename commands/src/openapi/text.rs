//! The document as text, in an order that depends on nothing but its content.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

/// In the order in which one reads them; all other keys come after, by their names.
const FIRST: &[&str] = &[
    "openapi",
    "jsonSchemaDialect",
    "info",
    "servers",
    "security",
    "$ref",
    "name",
    "in",
    "operationId",
    "title",
    "summary",
    "description",
    "tags",
    "type",
    "format",
    "paths",
];

pub(super) fn written(document: &Value) -> String {
    serde_json::to_string_pretty(&Ordered(document)).unwrap_or_default() + "\n"
}

struct Ordered<'a>(&'a Value);

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(fields) => {
                let rank = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
                let mut keys: Vec<_> = fields.iter().collect();
                keys.sort_by_key(|(key, _)| (rank(key), *key));
                let mut map = serializer.serialize_map(Some(keys.len()))?;
                for (key, value) in keys {
                    map.serialize_entry(key, &Ordered(value))?;
                }
                map.end()
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Ordered)),
            other => other.serialize(serializer),
        }
    }
}
