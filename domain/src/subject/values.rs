//! How an event names streams.

use serde::{Deserialize, Serialize};

use crate::aggregate::StreamRef;
use crate::kernel::format::within;
use crate::kernel::wire::{checked_string, json_schema_of};
use crate::kernel::{FormatError, StreamId};

// No `StreamRef`: read back, it may be of a type that this version no longer has, or does not have yet.
/// One stream of the org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NamedStream {
    #[serde(rename = "type")]
    pub stream_type: StreamType,
    pub id: StreamId,
}

impl From<StreamRef> for NamedStream {
    fn from(stream: StreamRef) -> Self {
        Self { stream_type: StreamType(stream.stream_type.to_owned()), id: stream.id }
    }
}

/// As in `lead` and `invoice_number`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamType(String);

impl StreamType {
    pub const MAX: usize = 63;

    pub fn parse(raw: &str) -> Result<Self, FormatError> {
        within(raw, Self::MAX)?;
        let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
        if raw.split('_').all(word) {
            return Ok(Self(raw.to_owned()));
        }
        Err(FormatError::expected("lower-case words with single underscores between them"))
    }
}

checked_string!(StreamType, FormatError);
json_schema_of!(StreamType, {
    "description": "A type of stream.",
    "type": "string",
    "minLength": 1,
    "maxLength": StreamType::MAX,
    "pattern": "^[a-z]+(_[a-z]+)*$",
    "examples": ["lead"],
});

#[cfg(test)]
mod tests {
    use super::StreamType;
    use crate::kernel::Coded;
    use crate::registry::STREAM_TYPES;

    #[test]
    fn every_type_of_stream_is_one() {
        for name in STREAM_TYPES {
            assert_eq!(StreamType::parse(name).unwrap().as_str(), *name);
        }
    }

    #[test]
    fn other_texts_are_none() {
        for bad in ["", "_", "Lead", "lead_", "_lead", "a__b", "lead-1", "lead ", "lead\u{0}", "ä"] {
            assert_eq!(StreamType::parse(bad).unwrap_err().code(), "bad_format", "{bad:?}");
        }
        assert_eq!(StreamType::parse(&"a".repeat(64)).unwrap_err().code(), "too_long");
    }
}
