//! Why a command was not done.

use std::borrow::Cow;

use thiserror::Error;
use xentri_domain::aggregate::{Refusal, RefusalKind};
use xentri_ledger::{
    AppendError, DatabaseError, KeyRingError, LoadError, NotAuthorized, RecordError, SealingError,
};
use xentri_schemas::BodyError;

/// An aggregate's refusal, whatever the aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Refused {
    pub kind: RefusalKind,
    /// In lower snake case, as in `illegal_transition`.
    pub code: &'static str,
    pub message: String,
    pub pointer: Option<Cow<'static, str>>,
}

impl<E: Refusal> From<&E> for Refused {
    fn from(error: &E) -> Self {
        Self { kind: error.kind(), code: error.code(), message: error.to_string(), pointer: error.pointer() }
    }
}

#[derive(Debug, Clone, Error)]
pub enum DispatchError {
    /// By the aggregate, on a state that was current.
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the command {command} on a {stream_type} is not allowed")]
    NotAuthorized { stream_type: &'static str, command: &'static str },
    #[error("the org is not known")]
    OrgUnknown,
    #[error("another org has that external id")]
    ExternalIdTaken,
    #[error("it is about a person who is forgotten")]
    SubjectForgotten,
    #[error("version {expected} is expected, the stream is at {current}")]
    VersionMismatch { expected: u64, current: u64 },
    #[error("the idempotency key was used for another command")]
    KeyReused,
    #[error("occurred_at is more than five minutes ahead")]
    OccurredAhead,
    #[error("the event has {bytes} bytes, which is more than an envelope may have")]
    EventTooLarge { bytes: usize },
    /// Nothing was appended.
    #[error("others changed the same streams until the deadline")]
    Contended,
    /// Nothing was appended.
    #[error("too many commands are waiting")]
    Overloaded,
    /// Nothing was appended.
    #[error("the ledger can't be reached")]
    Unavailable,
    #[error("it is not known whether the command was appended")]
    OutcomeUnknown,
    /// Nothing was appended.
    #[error("the server is going down")]
    ShuttingDown,
    /// A mistake of ours; the log has more.
    #[error("it failed inside")]
    Internal,
}

/// How what the ledger says is told. What is a mistake of ours is logged here and told without details.
impl DispatchError {
    pub(crate) fn of_database(error: &DatabaseError) -> Self {
        if error.is_transient() {
            return Self::Unavailable;
        }
        tracing::error!(%error, "the ledger refuses a read");
        Self::Internal
    }

    pub(crate) fn of_load(error: &LoadError) -> Self {
        match error {
            LoadError::Database(error) => Self::of_database(error),
            error => {
                tracing::error!(%error, "a stream can't be read");
                Self::Internal
            }
        }
    }

    pub(crate) fn of_key(error: &KeyRingError) -> Self {
        match error {
            KeyRingError::OrgErased(_) | KeyRingError::NoOrgKey(_) => Self::OrgUnknown,
            error if error.is_transient() => Self::Unavailable,
            error => {
                tracing::error!(%error, "a key can't be used");
                Self::Internal
            }
        }
    }

    pub(crate) fn of_sealing(error: &SealingError) -> Self {
        match error {
            SealingError::SubjectForgotten { .. } => Self::SubjectForgotten,
            SealingError::Record(RecordError::Body(BodyError::TooLarge { bytes })) => {
                Self::EventTooLarge { bytes: *bytes }
            }
            SealingError::Key(error) => Self::of_key(error),
            error => {
                tracing::error!(%error, "a command can't be recorded");
                Self::Internal
            }
        }
    }

    /// What failed comes after the append: a failure that says that nothing was appended would not be true.
    pub(crate) fn once_appended(self) -> Self {
        match self {
            Self::Unavailable => Self::OutcomeUnknown,
            other => other,
        }
    }

    pub(crate) fn of_append(error: &AppendError) -> Self {
        match error {
            AppendError::Overloaded => Self::Overloaded,
            AppendError::Closed => Self::ShuttingDown,
            AppendError::Unavailable(_) => Self::Unavailable,
            AppendError::Unknown(_) => Self::OutcomeUnknown,
            AppendError::TooLarge { bytes, .. } => Self::EventTooLarge { bytes: *bytes },
            AppendError::Refused(error) => {
                tracing::error!(%error, "the ledger refuses a command");
                Self::Internal
            }
        }
    }
}

impl From<DatabaseError> for DispatchError {
    fn from(error: DatabaseError) -> Self {
        Self::of_database(&error)
    }
}

impl From<NotAuthorized> for DispatchError {
    fn from(error: NotAuthorized) -> Self {
        Self::NotAuthorized { stream_type: error.stream_type, command: error.command }
    }
}
