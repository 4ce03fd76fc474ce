//! Why a command to an inbox is refused.

use thiserror::Error;

use crate::aggregate::refusals;
use crate::kernel::Actor;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InboxError {
    #[error("{actor} is no user, and only users have an inbox")]
    NotAUser { actor: Actor },
}

refusals! {
    InboxError;
    NotAUser NotAllowed "not_a_user";
}
