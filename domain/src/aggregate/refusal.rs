//! Why a command is refused, in words for people and for programs.

use std::borrow::Cow;

use crate::kernel::Coded;

/// What all refusals of one kind have in common for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// There is no such thing, or it is another org's: nobody can tell which.
    NotFound,
    /// Whoever asks may not, in this state or at all.
    NotAllowed,
    /// It is there already.
    AlreadyExists,
    /// Its state does not allow the command.
    IllegalTransition,
    /// Something else has taken what the command wants: a slug, a path, a reference.
    Taken,
    /// A value in the command is wrong here, although well formed.
    Invalid,
}

/// The error of an aggregate. Its message names ids and states, never personal data.
pub trait Refusal: std::error::Error + Coded + Clone + PartialEq + Send + Sync + 'static {
    fn kind(&self) -> RefusalKind;

    /// Which field of the command is to blame, as a JSON pointer.
    fn pointer(&self) -> Option<Cow<'static, str>> {
        None
    }
}
