//! What the ledger adds to a body, and the one place where it stands: at the end of the wire form.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use xentri_domain::kernel::Timestamp;

use super::Digest;

/// The ledger's own fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// When the ledger took it, to the microsecond; never earlier than the event before.
    pub recorded_at: Timestamp,
    pub ledger: LedgerMark,
}

/// The place in the ledger and the proof of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LedgerMark {
    /// Raised when a ledger goes on from an earlier point: order is (epoch, place).
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 9_007_199_254_740_991_u64), extend("format" = "int64")))]
    pub epoch: u64,
    /// The place among the org's events: gapless, from 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 9_007_199_254_740_991_u64), extend("format" = "int64")))]
    pub org_seq: u64,
    /// `sha256(hash before ‖ epoch ‖ org_seq ‖ recorded_at in µs since 1970 ‖ sha256(body))`.
    pub hash: Digest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WireError {
    #[error("it does not end in recorded_at and ledger, written as the ledger writes them")]
    NoSuffix,
}

const SUFFIX: &str = r#","recorded_at":""#;

impl Recorded {
    /// The body without its last brace, and these fields after it.
    pub fn wire(&self, body: &str) -> String {
        let open = body.strip_suffix('}').unwrap_or(body);
        [open, &self.suffix()].concat()
    }

    /// Takes a wire form apart into the body, byte for byte what was hashed, and the ledger's fields.
    pub fn split(wire: &str) -> Result<(String, Self), WireError> {
        // Quotes inside a text are escaped, and nothing comes after the suffix: the last one is the ledger's.
        let at = wire.rfind(SUFFIX).ok_or(WireError::NoSuffix)?;
        let (open, suffix) = wire.split_at(at);
        let fields = suffix.replacen(',', "{", 1);
        let recorded: Self = serde_json::from_str(&fields).map_err(|_| WireError::NoSuffix)?;
        if recorded.suffix() != suffix {
            return Err(WireError::NoSuffix);
        }
        Ok(([open, "}"].concat(), recorded))
    }

    fn suffix(&self) -> String {
        let LedgerMark { epoch, org_seq, hash } = self.ledger;
        format!(
            r#"{SUFFIX}{}","ledger":{{"epoch":{epoch},"org_seq":{org_seq},"hash":"{hash}"}}}}"#,
            self.recorded_at
        )
    }
}
