//! What became of a chain.

use thiserror::Error;
use xentri_domain::kernel::Timestamp;

use crate::database::DatabaseError;
use crate::shard::Shard;

/// Both are answers: a refusal is a reason to decide again, or to look for the receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// In the order of the commands.
    Appended(Vec<Appended>),
    Refused(Refusal),
}

/// Where a command's events stand now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    pub shard: Shard,
    pub epoch: u64,
    /// None when the command made no event.
    pub events: Option<Place>,
    pub recorded_at: Timestamp,
}

/// The org sequence of a command's first event, and the position of its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub first_org_seq: u64,
    pub last_position: u64,
}

/// Nothing of the chain was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The org has no key on its shard: never made, or erased.
    OrgUnknown,
    /// The chain makes an org that is there already.
    OrgExists,
    /// A command with the same actor and idempotency key was appended: its receipt has the answer.
    KeyUsed,
    /// A stream has moved on.
    Stale,
    /// Somebody else made the person's key: seal again, with that one.
    SubjectKeyExists,
    /// The chain brings data about a person who has no key: seal again, with a new one.
    SubjectKeyUnknown,
    /// The person's key is destroyed.
    SubjectForgotten,
}

impl Refusal {
    pub(super) fn parse(verdict: &str) -> Option<Self> {
        Some(match verdict {
            "org_unknown" => Self::OrgUnknown,
            "org_exists" => Self::OrgExists,
            "key_used" => Self::KeyUsed,
            "stale" => Self::Stale,
            "subject_key_exists" => Self::SubjectKeyExists,
            "subject_key_unknown" => Self::SubjectKeyUnknown,
            "subject_forgotten" => Self::SubjectForgotten,
            _ => return None,
        })
    }
}

/// No answer from the ledger.
#[derive(Debug, Error)]
pub enum AppendError {
    /// Too much waits already. Nothing was appended.
    #[error("too many commands are waiting")]
    Overloaded,
    /// The chain alone is more than may ever wait. Nothing was appended.
    #[error("the chain has {commands} commands in {bytes} bytes, which is more than the queue holds")]
    TooLarge { commands: usize, bytes: usize },
    /// This process is going down. Nothing was appended.
    #[error("the ledger takes no more commands: it is shutting down")]
    Closed,
    /// The chain or its values are what is wrong. Nothing was appended.
    #[error(transparent)]
    Refused(DatabaseError),
    /// Nothing was appended.
    #[error("the ledger can't be reached: {0}")]
    Unavailable(DatabaseError),
    /// The connection was lost, and the ledger could not be asked since: it may have been appended, and a retry with the
    /// same idempotency key will tell.
    #[error("it is not known whether the commands were appended: {0}")]
    Unknown(DatabaseError),
}
