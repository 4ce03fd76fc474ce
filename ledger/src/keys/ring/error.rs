//! Why there is no key, or nothing to do with it. Ids and names of keys only, never what is sealed.

use std::sync::Arc;

use thiserror::Error;
use xentri_domain::kernel::{EventId, OrgId, SubjectId};

use crate::append::RecordError;
use crate::database::DatabaseError;
use crate::keys::{FieldError, KeeperError, NoRandomness, SealError, SubjectKeyError};

/// Cheap to clone: those who wait for one key together fail together.
#[derive(Debug, Clone, Error)]
pub enum KeyRingError {
    /// Never made, or on another shard.
    #[error("org {0} has no key")]
    NoOrgKey(OrgId),
    #[error("the key of org {0} is destroyed: the org is erased")]
    OrgErased(OrgId),
    /// Something is sealed for them, so there was one: it is not in this database any more.
    #[error("something is sealed for subject {subject} of org {org}, who has no key")]
    NoSubjectKey { org: OrgId, subject: SubjectId },
    #[error(transparent)]
    Subject(#[from] SubjectKeyError),
    #[error(transparent)]
    Keeper(Arc<KeeperError>),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl KeyRingError {
    /// Nothing is wrong with the keys: it may work later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(error) => error.is_transient(),
            Self::Keeper(error) => matches!(**error, KeeperError::Unavailable(_)),
            Self::NoOrgKey(_) | Self::OrgErased(_) | Self::NoSubjectKey { .. } | Self::Subject(_) => false,
        }
    }
}

impl From<KeeperError> for KeyRingError {
    fn from(error: KeeperError) -> Self {
        Self::Keeper(Arc::new(error))
    }
}

impl From<sqlx::Error> for KeyRingError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Why a command is not sealed. Nothing of it is in the chain.
#[derive(Debug, Error)]
pub enum SealingError {
    /// The append would say the same of it.
    #[error("subject {subject} of org {org} is forgotten")]
    SubjectForgotten { org: OrgId, subject: SubjectId },
    /// It would be stored open.
    #[error("event {event} has personal fields and says of nobody that they are theirs")]
    NoSubject { event: EventId },
    #[error("event {event} is of org {org}, the chain is of org {home}")]
    OtherOrg { event: EventId, org: OrgId, home: OrgId },
    #[error(transparent)]
    Key(#[from] KeyRingError),
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("a new key can't be made")]
    NoRandomness(#[from] NoRandomness),
    #[error("a new key can't be wrapped")]
    Wrap(#[from] SealError),
}

impl From<KeeperError> for SealingError {
    fn from(error: KeeperError) -> Self {
        Self::Key(error.into())
    }
}

/// Why personal fields do not open.
#[derive(Debug, Error)]
pub enum OpeningError {
    #[error(transparent)]
    Key(#[from] KeyRingError),
    #[error(transparent)]
    Field(#[from] FieldError),
}
