//! Values that only an org has.

use crate::kernel::FormatError;
use crate::kernel::format::within;
use crate::kernel::wire::{checked_string, json_schema_of};

/// What an identity provider calls an org, as in `org_2abF…`. Opaque: compared, never read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternalId(String);

impl ExternalId {
    pub const MAX: usize = 255;

    pub fn parse(raw: &str) -> Result<Self, FormatError> {
        within(raw, Self::MAX)?;
        if !raw.is_empty() && raw.bytes().all(|b| b.is_ascii_graphic()) {
            return Ok(Self(raw.to_owned()));
        }
        Err(FormatError::expected("visible ASCII characters without spaces"))
    }
}

checked_string!(ExternalId, FormatError);
json_schema_of!(ExternalId, {
    "description": "What the identity provider calls the org.",
    "type": "string",
    "minLength": 1,
    "maxLength": ExternalId::MAX,
    "pattern": "^[!-~]+$",
    "examples": ["org_2abFqT"],
});

/// Begins every invoice number of the org: `INV` in `INV-2026-000042`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InvoicePrefix(String);

impl InvoicePrefix {
    pub const MAX: usize = 16;

    pub fn parse(raw: &str) -> Result<Self, FormatError> {
        within(raw, Self::MAX)?;
        let word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        if raw.split('-').all(word) {
            return Ok(Self(raw.to_owned()));
        }
        Err(FormatError::expected("upper-case letters, digits and single hyphens between them"))
    }
}

impl Default for InvoicePrefix {
    fn default() -> Self {
        Self("INV".to_owned())
    }
}

checked_string!(InvoicePrefix, FormatError);
json_schema_of!(InvoicePrefix, {
    "description": "Begins every invoice number of the org.",
    "type": "string",
    "minLength": 1,
    "maxLength": InvoicePrefix::MAX,
    "pattern": "^[A-Z0-9]+(-[A-Z0-9]+)*$",
    "examples": ["INV"],
});

#[cfg(test)]
mod tests {
    use super::{ExternalId, InvoicePrefix};
    use crate::kernel::Coded;

    #[test]
    fn prefixes() {
        for good in ["INV", "A", "ES-2", "1234567890123456"] {
            assert_eq!(InvoicePrefix::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "inv", "INV-", "-INV", "A--B", "A B", "É", "INV\n"] {
            assert_eq!(InvoicePrefix::parse(bad).unwrap_err().code(), "bad_format", "{bad:?}");
        }
        assert_eq!(InvoicePrefix::parse(&"A".repeat(17)).unwrap_err().code(), "too_long");
        assert_eq!(InvoicePrefix::default().as_str(), "INV");
    }

    #[test]
    fn external_ids() {
        assert!(ExternalId::parse("org_2abFqT").is_ok());
        for bad in ["", "a b", "a\u{0}", "ä"] {
            assert_eq!(ExternalId::parse(bad).unwrap_err().code(), "bad_format", "{bad:?}");
        }
    }
}
