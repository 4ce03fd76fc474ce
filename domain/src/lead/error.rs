//! Why a command to a lead is refused.

use std::borrow::Cow;

use thiserror::Error;

use super::{FollowUpId, Status};
use crate::aggregate::{Refusal, RefusalKind};
use crate::kernel::{Coded, Currency, StreamId};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LeadError {
    #[error("lead {id} is not known")]
    NotFound { id: StreamId },
    #[error("lead {id} exists already")]
    AlreadyExists { id: StreamId },
    #[error("lead {id} is {status}, which does not allow {command}")]
    IllegalTransition { id: StreamId, status: Status, command: &'static str },
    #[error("the amount must be above zero")]
    NotPositive { pointer: &'static str },
    #[error("it is more than five minutes ahead of the server's clock")]
    InTheFuture { pointer: &'static str },
    #[error("it has passed already")]
    InThePast { pointer: &'static str },
    #[error("{given} given where the proposal is in {expected}")]
    CurrencyMismatch { expected: Currency, given: Currency },
    #[error("lead {id} has no open follow-up")]
    NoFollowUp { id: StreamId },
    #[error("lead {id} has no open follow-up {follow_up}")]
    NoSuchFollowUp { id: StreamId, follow_up: FollowUpId },
    #[error("lead {id} has {open} open follow-ups; name the one that is done")]
    WhichFollowUp { id: StreamId, open: usize },
    #[error("lead {id} has {open} open follow-ups, which is as many as it can have")]
    TooManyFollowUps { id: StreamId, open: usize },
}

impl Coded for LeadError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::AlreadyExists { .. } => "already_exists",
            Self::IllegalTransition { .. } => "illegal_transition",
            Self::NotPositive { .. } => "not_positive",
            Self::InTheFuture { .. } => "in_the_future",
            Self::InThePast { .. } => "in_the_past",
            Self::CurrencyMismatch { .. } => "currency_mismatch",
            Self::NoFollowUp { .. } | Self::NoSuchFollowUp { .. } => "no_such_follow_up",
            Self::WhichFollowUp { .. } => "which_follow_up",
            Self::TooManyFollowUps { .. } => "too_many_follow_ups",
        }
    }
}

impl Refusal for LeadError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound { .. } => RefusalKind::NotFound,
            Self::AlreadyExists { .. } => RefusalKind::AlreadyExists,
            Self::IllegalTransition { .. } | Self::TooManyFollowUps { .. } => RefusalKind::IllegalTransition,
            Self::NotPositive { .. }
            | Self::InTheFuture { .. }
            | Self::InThePast { .. }
            | Self::CurrencyMismatch { .. }
            | Self::NoFollowUp { .. }
            | Self::NoSuchFollowUp { .. }
            | Self::WhichFollowUp { .. } => RefusalKind::Invalid,
        }
    }

    fn pointer(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::NotPositive { pointer } | Self::InTheFuture { pointer } | Self::InThePast { pointer } => {
                Some((*pointer).into())
            }
            Self::CurrencyMismatch { .. } => Some("/amount/currency".into()),
            Self::NoFollowUp { .. } | Self::NoSuchFollowUp { .. } | Self::WhichFollowUp { .. } => {
                Some("/follow_up_id".into())
            }
            _ => None,
        }
    }
}
