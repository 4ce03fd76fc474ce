//! Shards: the unit of write order, and how a new org gets its own.

use std::fmt;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use xentri_domain::kernel::OrgId;

/// One part of the ledger, with an order of its own. An org lives on one, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct Shard(u16);

impl Shard {
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// As Postgres has it.
    pub fn number(self) -> i32 {
        self.0.into()
    }

    /// Where a new org goes, of so many shards. Pinned: an org that was half made is found again on the same one.
    pub fn of_new(org: OrgId, count: u16) -> Self {
        let digest = Sha256::digest(org.uuid().as_bytes());
        let first = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        // The remainder is below a u16.
        Self(u16::try_from(first % u64::from(count.max(1))).unwrap_or_default())
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_orgs_shard_is_pinned() {
        let shard_of = |org: &str, count| Shard::of_new(OrgId::parse(org).unwrap(), count).0;
        // First 8 bytes of sha256 over the id's 16 bytes, modulo the count; computed apart.
        assert_eq!(shard_of("0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a", 8), 0);
        assert_eq!(shard_of("0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4b", 8), 1);
        assert_eq!(shard_of("0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4b", 1000), 233);
        assert_eq!(shard_of("0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4b", 1), 0);
    }
}
