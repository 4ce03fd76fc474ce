//! What can go wrong with a read, and the code of the catalogue that each has.

use std::borrow::Cow;

use thiserror::Error;
use xentri_domain::kernel::{Denied, Permission};
use xentri_ledger::{DatabaseError, KeyRingError, OpeningError};
use xentri_schemas::{ErrorKind, Problem};

use crate::time_travel::TimeTravelError;

/// In seconds: what is in the way is mostly gone by then.
const SOON: u64 = 1;

/// After one statement of a transaction has failed, Postgres says this of all that follow.
const ABORTED: &str = "25P02";

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("missing the permission {0} or {1}")]
    DeniedBoth(Permission, Permission),
    #[error("the org is not known")]
    OrgUnknown,
    #[error("{0}")]
    Argument(String),
    #[error("the cursor is not one of this list in this order")]
    Cursor,
    #[error("the consistency token can't be read")]
    Token,
    #[error("the org's last event is number {0}")]
    Ahead(u64),
    #[error("{0}")]
    Crowded(String),
    #[error("the read models have not come to the event of the token")]
    Stale,
    #[error("a read model holds back this stream")]
    Parked,
    #[error("it took too long")]
    Timeout,
    #[error("{0}")]
    Costly(String),
    #[error("the fragments lead back to themselves")]
    Cycle,
    #[error("introspection is turned off here; the schema is in the documentation")]
    Introspection,
    #[error("a text has no end")]
    NoEnd,
    #[error("no query is known by that hash")]
    UnknownHash,
    #[error("the hash is not that of the query")]
    WrongHash,
    #[error("keys are not to be had")]
    Keys,
    #[error("{0} holds what this program can't read")]
    Unreadable(&'static str),
    #[error("{0}")]
    Past(String),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// An org that is erased is as good as one that never was.
impl From<OpeningError> for ReadError {
    fn from(error: OpeningError) -> Self {
        Self::of_opening(&error)
    }
}

impl From<TimeTravelError> for ReadError {
    fn from(error: TimeTravelError) -> Self {
        match error {
            TimeTravelError::Database(error) => Self::Database(error),
            TimeTravelError::Opening { error, .. } => Self::of_opening(&error),
            error => Self::Past(error.to_string()),
        }
    }
}

impl ReadError {
    fn of_opening(error: &OpeningError) -> Self {
        match error {
            OpeningError::Key(KeyRingError::OrgErased(_) | KeyRingError::NoOrgKey(_)) => Self::OrgUnknown,
            OpeningError::Key(key) if key.is_transient() => Self::Keys,
            _ => Self::Unreadable("a personal field"),
        }
    }

    pub(crate) fn kind(&self) -> &'static ErrorKind {
        match self {
            Self::Denied(_) | Self::DeniedBoth(..) => ErrorKind::FORBIDDEN,
            Self::OrgUnknown => ErrorKind::ORG_UNKNOWN,
            Self::Argument(_) => ErrorKind::BAD_ARGUMENT,
            Self::Cursor => ErrorKind::BAD_CURSOR,
            Self::Ahead(_) => ErrorKind::CURSOR_AHEAD,
            Self::Crowded(_) => ErrorKind::RATE_LIMITED,
            Self::Token => ErrorKind::BAD_CONSISTENCY_TOKEN,
            Self::Stale => ErrorKind::STALE_READ,
            Self::Parked => ErrorKind::PROJECTION_PARKED,
            Self::Timeout => ErrorKind::TIMEOUT,
            Self::Costly(_) => ErrorKind::QUERY_TOO_COSTLY,
            Self::Cycle | Self::Introspection | Self::NoEnd | Self::WrongHash => ErrorKind::QUERY_INVALID,
            Self::UnknownHash => ErrorKind::PERSISTED_QUERY_NOT_FOUND,
            Self::Keys => ErrorKind::UNAVAILABLE,
            Self::Database(error) if error.is_transient() => ErrorKind::UNAVAILABLE,
            Self::Unreadable(_) | Self::Past(_) | Self::Database(_) => ErrorKind::INTERNAL,
        }
    }

    /// What the client gets of it. What is our own fault goes to the log, and no further.
    pub(crate) fn problem(&self) -> Problem {
        let problem = Problem::new(self.kind());
        let problem =
            if [429, 503].contains(&problem.kind.status) { problem.retry_after(SOON) } else { problem };
        match self {
            Self::Denied(_)
            | Self::DeniedBoth(..)
            | Self::Ahead(_)
            | Self::Argument(_)
            | Self::Crowded(_)
            | Self::Costly(_)
            | Self::Cycle
            | Self::Introspection
            | Self::NoEnd
            | Self::WrongHash => problem.detail(self.to_string()),
            // The words that clients of persisted queries look for.
            Self::UnknownHash => problem.detail(Cow::Borrowed("PersistedQueryNotFound")),
            _ => problem,
        }
    }

    /// To be told once, where a request ends.
    pub(crate) fn log(&self) {
        match self {
            Self::Database(DatabaseError::Failed { code, .. }) if code == ABORTED => {}
            Self::Unreadable(_) | Self::Past(_) | Self::Database(_) if self.kind() == ErrorKind::INTERNAL => {
                tracing::error!(error = %self, "a read failed");
            }
            _ => {}
        }
    }
}
