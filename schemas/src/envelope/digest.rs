//! The hash chain: each event's hash covers the one before, its place, its moment and its body.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use xentri_domain::kernel::{FormatError, Timestamp};

use super::text::text_on_the_wire;

/// A SHA-256, raw when it is hashed again and 64 lower-case hexadecimal digits when it is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// What stands before the first event of an org.
    pub const GENESIS: Self = Self([0; 32]);

    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub fn of(body: &str) -> Self {
        Self(Sha256::digest(body).into())
    }

    /// The hash of the event after this one: `sha256(self ‖ epoch ‖ org_seq ‖ µs since 1970 ‖ sha256(body))`,
    /// integers as 8 bytes big-endian.
    #[must_use]
    pub fn next(self, epoch: u64, org_seq: u64, recorded_at: Timestamp, body: Self) -> Self {
        let link = Sha256::new()
            .chain_update(self.0)
            .chain_update(epoch.to_be_bytes())
            .chain_update(org_seq.to_be_bytes())
            .chain_update(recorded_at.as_micros().to_be_bytes())
            .chain_update(body.0);
        Self(link.finalize().into())
    }
}

impl FromStr for Digest {
    type Err = FormatError;

    fn from_str(raw: &str) -> Result<Self, FormatError> {
        let bad = FormatError::BadFormat { expected: "64 lower-case hexadecimal digits" };
        let mut bytes = [0; 32];
        if raw.len() != 64 || !raw.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(bad);
        }
        for (n, byte) in bytes.iter_mut().enumerate() {
            let digits = raw.get(2 * n..2 * n + 2).ok_or(bad)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| bad)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hex = String::with_capacity(64);
        for byte in self.0 {
            write!(hex, "{byte:02x}")?;
        }
        formatter.pad(&hex)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

text_on_the_wire!(Digest, {
    "description": "A SHA-256 in lower-case hexadecimal digits.",
    "type": "string",
    "pattern": "^[0-9a-f]{64}$",
});
