//! Text of a fixed form that only envelopes have, and how such a type meets the wire.

use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU128;
use std::str::FromStr;

use serde::de::{self, Visitor};
use xentri_domain::kernel::{Coded as _, FormatError};

/// Text on the wire for a type with `Display` and `FromStr`; a refusal reads `code: message` as in the domain.
macro_rules! text_on_the_wire {
    ($type:ident, $schema:tt) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::envelope::text::TextVisitor(std::marker::PhantomData))
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    };
}

pub(super) use text_on_the_wire;

/// Parses the text where it lies.
pub(super) struct TextVisitor<T>(pub(super) PhantomData<T>);

impl<T: FromStr<Err = FormatError>> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(|error: FormatError| E::custom(format_args!("{}: {error}", error.code())))
    }
}

/// The idempotency key of a command: visible ASCII, chosen by the client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DedupeKey(String);

impl DedupeKey {
    pub const MAX: usize = 255;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DedupeKey {
    type Err = FormatError;

    fn from_str(raw: &str) -> Result<Self, FormatError> {
        if raw.is_empty() || !raw.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(FormatError::BadFormat { expected: "visible ASCII characters without spaces" });
        }
        if raw.len() > Self::MAX {
            return Err(FormatError::TooLong { max: Self::MAX });
        }
        Ok(Self(raw.to_owned()))
    }
}

impl fmt::Display for DedupeKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

text_on_the_wire!(DedupeKey, {
    "description": "The idempotency key of the command.",
    "type": "string",
    "minLength": 1,
    "maxLength": DedupeKey::MAX,
    "pattern": "^[!-~]+$",
    "examples": ["order-4711"],
});

/// The trace of the request, as W3C Trace Context has it: 32 lower-case hexadecimal digits, not all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(NonZeroU128);

impl TraceId {
    pub fn new(id: NonZeroU128) -> Self {
        Self(id)
    }
}

impl FromStr for TraceId {
    type Err = FormatError;

    fn from_str(raw: &str) -> Result<Self, FormatError> {
        let digits = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let number = if raw.len() == 32 && raw.bytes().all(digits) {
            u128::from_str_radix(raw, 16).ok().and_then(NonZeroU128::new)
        } else {
            None
        };
        number
            .map(Self)
            .ok_or(FormatError::BadFormat { expected: "32 lower-case hexadecimal digits, not all zero" })
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

text_on_the_wire!(TraceId, {
    "description": "The trace of the request, as W3C Trace Context has it.",
    "type": "string",
    "pattern": "^[0-9a-f]{32}$",
    "not": { "const": "00000000000000000000000000000000" },
    "examples": ["4bf92f3577b34da6a3ce929d0e0e4736"],
});
