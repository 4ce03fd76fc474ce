//! Why a command to an item is refused.

use thiserror::Error;

use crate::aggregate::refusals;
use crate::kernel::{Scope, StreamId};

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

refusals! {
    ItemError;
    NotFound NotFound "not_found";
    AlreadyExists AlreadyExists "already_exists";
    Expired IllegalTransition "item_expired";
    InThePast Invalid "in_the_past" with pointer at *pointer;
    BeforeItsStart Invalid "before_its_start" with pointer at *pointer;
    Elsewhere Invalid "item_elsewhere" at "/from";
    NotAbove Invalid "not_above" at "/scope";
}
