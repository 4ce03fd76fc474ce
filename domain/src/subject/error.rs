//! Why a command to a subject is refused.

use thiserror::Error;

use crate::aggregate::{Refusal, RefusalKind};
use crate::kernel::{Coded, StreamId};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SubjectError {
    #[error("nothing is known about subject {id}")]
    NotFound { id: StreamId },
}

impl Coded for SubjectError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
        }
    }
}

impl Refusal for SubjectError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound { .. } => RefusalKind::NotFound,
        }
    }
}
