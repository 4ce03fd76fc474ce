//! Why a command to an item is refused.

use std::borrow::Cow;

use thiserror::Error;

use crate::aggregate::{Refusal, RefusalKind};
use crate::kernel::{Coded, Scope, StreamId};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ItemError {
    #[error("pulse item {id} is not known")]
    NotFound { id: StreamId },
    #[error("pulse item {id} exists already")]
    AlreadyExists { id: StreamId },
    #[error("pulse item {id} has expired, which does not allow promote")]
    Expired { id: StreamId },
    #[error("it has passed already")]
    InThePast { pointer: &'static str },
    #[error("it is not later than the start")]
    BeforeItsStart { pointer: &'static str },
    #[error("pulse item {id} stands at {scope}")]
    Elsewhere { id: StreamId, scope: Scope },
    #[error("{scope} does not lie above {from}")]
    NotAbove { from: Scope, scope: Scope },
}

impl Coded for ItemError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::AlreadyExists { .. } => "already_exists",
            Self::Expired { .. } => "expired",
            Self::InThePast { .. } => "in_the_past",
            Self::BeforeItsStart { .. } => "before_its_start",
            Self::Elsewhere { .. } => "elsewhere",
            Self::NotAbove { .. } => "not_above",
        }
    }
}

impl Refusal for ItemError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound { .. } => RefusalKind::NotFound,
            Self::AlreadyExists { .. } => RefusalKind::AlreadyExists,
            Self::Expired { .. } => RefusalKind::IllegalTransition,
            Self::InThePast { .. }
            | Self::BeforeItsStart { .. }
            | Self::Elsewhere { .. }
            | Self::NotAbove { .. } => RefusalKind::Invalid,
        }
    }

    fn pointer(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::InThePast { pointer } | Self::BeforeItsStart { pointer } => Some((*pointer).into()),
            Self::Elsewhere { .. } => Some("/from".into()),
            Self::NotAbove { .. } => Some("/scope".into()),
            Self::NotFound { .. } | Self::AlreadyExists { .. } | Self::Expired { .. } => None,
        }
    }
}
