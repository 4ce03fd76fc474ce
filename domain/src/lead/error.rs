//! Why a command to a lead is refused.

use thiserror::Error;

use super::{FollowUpId, Status};
use crate::aggregate::refusals;
use crate::kernel::{Currency, StreamId};

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

refusals! {
    LeadError;
    NotFound NotFound "not_found";
    AlreadyExists AlreadyExists "already_exists";
    IllegalTransition IllegalTransition "illegal_transition";
    NotPositive Invalid "not_positive" with pointer at *pointer;
    InTheFuture Invalid "in_the_future" with pointer at *pointer;
    InThePast Invalid "in_the_past" with pointer at *pointer;
    CurrencyMismatch Invalid "currency_mismatch" at "/amount/currency";
    NoFollowUp Invalid "no_such_follow_up" at "/follow_up_id";
    NoSuchFollowUp Invalid "no_such_follow_up" at "/follow_up_id";
    WhichFollowUp Invalid "which_follow_up" at "/follow_up_id";
    TooManyFollowUps IllegalTransition "too_many_follow_ups";
}
