//! What every aggregate is: a stream of events with a state, and a decision on each command.
//!
//! Here live the traits and the two macros by which an aggregate lists its events and commands. Nothing here
//! knows one aggregate from another, loads a stream or appends an event: that is for those who call `decide`.

mod command;
mod decision;
mod event;
mod facts;
mod personal;
mod refusal;
mod stream;

#[cfg(test)]
pub(crate) mod histories;
#[cfg(test)]
pub(crate) mod scenario;
#[cfg(test)]
pub(crate) mod table;
#[cfg(test)]
pub(crate) mod world;

pub(crate) use command::commands;
pub use command::{Authority, CommandKind, CommandSet, Door};
pub use decision::{Aggregate, Decision, Halt};
pub(crate) use event::events;
pub use event::{EventKind, EventSet};
pub use facts::{Facts, Unread};
pub use personal::{HoldsPersonal, MaybePersonal, PersonalField};
pub(crate) use personal::{no_personal, personal_fields};
pub(crate) use refusal::refusals;
pub use refusal::{Refusal, RefusalCase, RefusalKind};
pub use stream::{Stream, StreamRef};
