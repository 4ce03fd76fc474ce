//! Personal data as it lies in the ledger: opaque here.

use std::fmt;

use super::{
    FormatError,
    format::within,
    wire::{checked_string, json_schema_of},
};

/// Base64url without padding. What the bytes mean is the ledger's business.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sealed(String);

impl Sealed {
    /// Half of the largest envelope; the longest note stays far below.
    pub const MAX: usize = 128 * 1024;

    pub fn parse(raw: &str) -> Result<Self, FormatError> {
        within(raw, Self::MAX)?;
        // To the end in any case: without a way out of the loop many letters are looked at together.
        let others = raw.bytes().filter(|b| !(b.is_ascii_alphanumeric() || *b == b'-' || *b == b'_')).count();
        // One letter holds 6 bits: a single one left over is no byte.
        if others == 0 && !raw.is_empty() && raw.len() % 4 != 1 {
            Ok(Self(raw.to_owned()))
        } else {
            Err(FormatError::expected("base64url without padding"))
        }
    }
}

checked_string!(Sealed, FormatError);
json_schema_of!(Sealed, {
    "description": "Ciphertext in base64url without padding.",
    "type": "string",
    "minLength": 2,
    "maxLength": Sealed::MAX,
    "pattern": "^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2,3})?$",
});

impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(sealed)")
    }
}
