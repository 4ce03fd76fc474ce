//! How a value type meets the wire: always through the constructor that the rest of the code uses too.
//!
//! A refusal reads `code: message`, so that whoever turns it into an answer can tell the two apart with
//! [`split_code`]. No message repeats the refused value: it may be personal, and errors are logged.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{Deserializer, de};

/// What the error of a value type says to a program; its `Display` speaks to people.
pub trait Coded: fmt::Display {
    /// A stable word in lower snake case, documented and never changed.
    fn code(&self) -> &'static str;
}

/// Takes `code: message` apart again; `None` for a message that no value type wrote.
pub fn split_code(message: &str) -> Option<(&str, &str)> {
    message
        .split_once(": ")
        .filter(|(code, _)| !code.is_empty() && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
}

pub(crate) fn refuse<E: de::Error>(error: &impl Coded) -> E {
    E::custom(format_args!("{}: {error}", error.code()))
}

pub(crate) fn read_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Coded>,
{
    // Not `deserialize_str`: there the format itself refuses a number, and quotes it.
    deserializer.deserialize_any(TextVisitor(PhantomData))
}

/// In a visitor that wants text: serde's own messages quote the number that they refuse, and it may be a
/// telephone number.
macro_rules! unquoted_refusals {
    (@each $($visit:ident($type:ty) $kind:literal),+) => {$(
        fn $visit<E: serde::de::Error>(self, _: $type) -> Result<Self::Value, E> {
            Err(E::invalid_type(serde::de::Unexpected::Other($kind), &self))
        }
    )+};
    () => {
        $crate::kernel::wire::unquoted_refusals!(
            @each visit_bool(bool) "boolean", visit_i64(i64) "number", visit_u64(u64) "number", visit_f64(f64) "number"
        );
    };
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: FromStr<Err: Coded>> de::Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<T, E> {
        value.parse().map_err(|error| refuse(&error))
    }

    unquoted_refusals!();
}

/// Text on the wire for a type with `Display` and `FromStr`.
macro_rules! text_on_the_wire {
    ($($type:ty),+ $(,)?) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::kernel::wire::read_text(deserializer)
            }
        }
    )+};
}

/// What every type around one checked `String` has. The type itself brings `parse(&str)`.
macro_rules! checked_string {
    ($type:ident $(<$max:ident>)?, $error:ty) => {
        impl $(<const $max: usize>)? $type $(<$max>)? {
            pub fn as_str(&self) -> &str {
                &self.0
            }

            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl $(<const $max: usize>)? std::str::FromStr for $type $(<$max>)? {
            type Err = $error;

            fn from_str(raw: &str) -> Result<Self, $error> {
                Self::parse(raw)
            }
        }

        impl $(<const $max: usize>)? AsRef<str> for $type $(<$max>)? {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl $(<const $max: usize>)? std::fmt::Display for $type $(<$max>)? {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(&self.0)
            }
        }

        impl $(<const $max: usize>)? serde::Serialize for $type $(<$max>)? {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de $(, const $max: usize)?> serde::Deserialize<'de> for $type $(<$max>)? {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::kernel::wire::read_text(deserializer)
            }
        }
    };
}

/// The JSON Schema of a type, which stands beside its parser and states the very same bounds.
/// It lands under `$defs` by the type's name.
macro_rules! json_schema_of {
    ($type:ident, $($schema:tt)+) => {
        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($type)).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($($schema)+)
            }
        }
    };
}

pub(crate) use {checked_string, json_schema_of, text_on_the_wire, unquoted_refusals};

#[cfg(test)]
mod tests {
    use super::split_code;
    use crate::kernel::Slug;

    #[test]
    fn a_refusal_reads_code_and_message() {
        let error = serde_json::from_value::<Slug>("No Slug".into()).unwrap_err().to_string();
        let (code, message) = split_code(&error).unwrap();
        assert_eq!(code, "bad_format");
        assert!(message.starts_with("expected"), "{message}");
    }

    #[test]
    fn other_messages_have_no_code() {
        for message in ["missing field `name`", "invalid type: null, expected text", ": x", ""] {
            assert_eq!(split_code(message), None, "{message}");
        }
    }
}
