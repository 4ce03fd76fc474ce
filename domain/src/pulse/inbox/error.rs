//! Why a command to an inbox is refused.

use thiserror::Error;

use crate::aggregate::{Refusal, RefusalKind};
use crate::kernel::{Actor, Coded};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InboxError {
    #[error("{actor} is no user, and only users have an inbox")]
    NotAUser { actor: Actor },
}

impl Coded for InboxError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAUser { .. } => "not_a_user",
        }
    }
}

impl Refusal for InboxError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotAUser { .. } => RefusalKind::NotAllowed,
        }
    }
}
