//! What comes of verifying a ledger that does not verify.

use std::fmt;

use thiserror::Error;

use crate::database::DatabaseError;
use crate::verify::finding::Finding;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VerifyError {
    #[error("the ledger is not as it was recorded: {0}")]
    Found(Findings),
    /// Nothing is known of the rest.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// One at least: of every shard its first event that does not fit, in the order of the shards; then orgs that are not
/// where they should be, and events that are gone from the ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Ok when there are none.
    pub(super) fn none_of(findings: Vec<Finding>) -> Result<(), VerifyError> {
        if findings.is_empty() { Ok(()) } else { Err(VerifyError::Found(Self(findings))) }
    }

    pub(super) fn into_all(self) -> Vec<Finding> {
        self.0
    }

    pub fn all(&self) -> &[Finding] {
        &self.0
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = self.0.iter();
        if let Some(first) = all.next() {
            write!(formatter, "{first}")?;
        }
        match all.len() {
            0 => Ok(()),
            more => write!(formatter, " (and {more} more)"),
        }
    }
}

impl From<Finding> for VerifyError {
    fn from(finding: Finding) -> Self {
        Self::Found(Findings(vec![finding]))
    }
}
