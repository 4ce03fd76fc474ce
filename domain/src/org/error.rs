//! Why a command to an org is refused.

use thiserror::Error;

use crate::aggregate::{Refusal, RefusalKind};
use crate::kernel::{Coded, StreamId};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OrgError {
    #[error("org {id} is not known")]
    NotFound { id: StreamId },
    #[error("org {id} exists already")]
    AlreadyExists { id: StreamId },
}

impl Coded for OrgError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::AlreadyExists { .. } => "already_exists",
        }
    }
}

impl Refusal for OrgError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound { .. } => RefusalKind::NotFound,
            Self::AlreadyExists { .. } => RefusalKind::AlreadyExists,
        }
    }
}
