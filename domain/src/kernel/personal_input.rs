//! Personal data on its way in.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::{FormatError, Personal, wire};

/// What a command's field of personal data has as its type: always open on the wire (nobody may send
/// ciphertext of their own making), and as silent in `Debug` and `Display` as [`Personal`].
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PersonalInput<T>(T);

impl<T> PersonalInput<T> {
    pub fn new(value: T) -> Self {
        Self(value)
    }

    pub fn get(&self) -> &T {
        &self.0
    }

    pub fn into_inner(self) -> T {
        self.0
    }

    pub fn into_personal(self) -> Personal<T> {
        Personal::Open(self.0)
    }
}

impl<T> fmt::Debug for PersonalInput<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(personal)")
    }
}

impl<T> fmt::Display for PersonalInput<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad("(personal)")
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for PersonalInput<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Personal::deserialize(deserializer)? {
            Personal::Open(value) => Ok(Self(value)),
            Personal::Sealed(_) | Personal::Forgotten => Err(wire::refuse(&FormatError::expected("text"))),
        }
    }
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator};

    use super::PersonalInput;

    impl<T: JsonSchema> JsonSchema for PersonalInput<T> {
        fn inline_schema() -> bool {
            true
        }

        fn schema_name() -> Cow<'static, str> {
            format!("PersonalInput{}", T::schema_name()).into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let mut schema = generator.subschema_for::<T>();
            schema.insert("x-personal".into(), true.into());
            schema
        }
    }
}
