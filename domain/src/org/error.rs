//! Why a command to an org is refused.

use thiserror::Error;

use crate::aggregate::{Refusal, RefusalKind};
use crate::kernel::{Coded, OrgId, StreamId};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OrgError {
    #[error("org {id} is not known")]
    NotFound { id: StreamId },
    #[error("{id} is another org than {org}, for which the command was given")]
    AnotherOrg { id: StreamId, org: OrgId },
    #[error("org {id} exists already")]
    AlreadyExists { id: StreamId },
}

impl Coded for OrgError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::AnotherOrg { .. } => "another_org",
            Self::AlreadyExists { .. } => "already_exists",
        }
    }
}

impl Refusal for OrgError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound { .. } => RefusalKind::NotFound,
            Self::AnotherOrg { .. } => RefusalKind::Invalid,
            Self::AlreadyExists { .. } => RefusalKind::AlreadyExists,
        }
    }
}
