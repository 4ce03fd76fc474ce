//! Data about a person, which can be forgotten although the event that brought it stays for ever.
//!
//! In an event such a field is open only in memory; at rest it is sealed under the person's key. This
//! module knows the three forms and their spelling; keys and ciphers are the ledger's.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        Error, MapAccess, Visitor,
        value::{StrDeserializer, StringDeserializer},
    },
    ser::SerializeMap,
};

use super::{FormatError, Sealed, wire};

/// A value of type `T`, which must be text on the wire.
///
/// | form | on the wire |
/// |---|---|
/// | open | the value itself |
/// | sealed | `{"$p": "<base64url>"}` |
/// | forgotten | `{"$p": null}` |
///
/// `Debug` and `Display` name the form and never the content. Equality is equality of form *and*
/// content: an open value never equals its sealed form, and two sealings of one value differ.
#[derive(Clone, PartialEq, Eq)]
pub enum Personal<T> {
    Open(T),
    Sealed(Sealed),
    Forgotten,
}

impl<T> Personal<T> {
    /// The content, where it is readable.
    pub fn open(&self) -> Option<&T> {
        match self {
            Self::Open(value) => Some(value),
            Self::Sealed(_) | Self::Forgotten => None,
        }
    }

    pub fn into_open(self) -> Option<T> {
        match self {
            Self::Open(value) => Some(value),
            Self::Sealed(_) | Self::Forgotten => None,
        }
    }

    pub fn sealed(&self) -> Option<&Sealed> {
        match self {
            Self::Sealed(sealed) => Some(sealed),
            Self::Open(_) | Self::Forgotten => None,
        }
    }

    pub fn is_forgotten(&self) -> bool {
        matches!(self, Self::Forgotten)
    }

    /// For folds: the person's key is gone, so nothing of this will ever be read again.
    pub fn forget(&mut self) {
        *self = Self::Forgotten;
    }

    /// Changes the content where it is open; the other forms stay what they are.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Personal<U> {
        match self {
            Self::Open(value) => Personal::Open(change(value)),
            Self::Sealed(sealed) => Personal::Sealed(sealed),
            Self::Forgotten => Personal::Forgotten,
        }
    }

    fn form(&self) -> &'static str {
        match self {
            Self::Open(_) => "(personal)",
            Self::Sealed(_) => "(sealed)",
            Self::Forgotten => "(forgotten)",
        }
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self::Open(value)
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.form())
    }
}

impl<T> fmt::Display for Personal<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.form())
    }
}

impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sealed = match self {
            Self::Open(value) => return value.serialize(serializer),
            Self::Sealed(sealed) => Some(sealed),
            Self::Forgotten => None,
        };
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("$p", &sealed)?;
        map.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PersonalVisitor(std::marker::PhantomData))
    }
}

struct PersonalVisitor<T>(std::marker::PhantomData<T>);

fn refused<E: Error, T>() -> Result<T, E> {
    Err(wire::refuse(&FormatError::expected(r#"text, {"$p": "…"} or {"$p": null}"#)))
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for PersonalVisitor<T> {
    type Value = Personal<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text or a sealed value")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        T::deserialize(StrDeserializer::new(value)).map(Personal::Open)
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Self::Value, E> {
        T::deserialize(StringDeserializer::new(value)).map(Personal::Open)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some("$p") = map.next_key::<String>()?.as_deref() else {
            return refused();
        };
        let sealed: Option<Sealed> = map.next_value()?;
        if map.next_key::<String>()?.is_some() {
            return refused();
        }
        Ok(sealed.map_or(Personal::Forgotten, Personal::Sealed))
    }

    wire::unquoted_refusals!();
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{Personal, Sealed};

    // Inline, so that the mark stands at the field itself.
    impl<T: JsonSchema> JsonSchema for Personal<T> {
        fn inline_schema() -> bool {
            true
        }

        fn schema_name() -> Cow<'static, str> {
            format!("Personal{}", T::schema_name()).into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let form = |content: Schema| {
                json_schema!({
                    "type": "object",
                    "properties": { "$p": content },
                    "required": ["$p"],
                    "additionalProperties": false,
                })
            };
            let open = generator.subschema_for::<T>();
            let sealed = form(generator.subschema_for::<Sealed>());
            let forgotten = form(json_schema!({ "type": "null" }));
            json_schema!({ "oneOf": [open, sealed, forgotten], "x-personal": true })
        }
    }
}

#[cfg(test)]
mod tests;
