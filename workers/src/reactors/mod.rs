//! Reactors: what follows from a single event, as a command.
//!
//! A reactor has a checkpoint of its own, so a rebuild of read models makes it do nothing twice; and its commands carry the
//! event's id as their key, so that what is read again after a crash is done once. A command that fails for good is parked.
//! Not here: what time asks for (`jobs`), and what becomes of what is parked (`parked`).

mod checkpoint;
mod follow_up;
mod places;
mod reactions;
mod reactor;
mod runner;
mod standing;

pub use places::ReactorPlaces;
pub use reactions::Reactions;
pub use reactor::reactor_names;
pub use runner::ReactorWorker;

pub(crate) use reactions::NotGiven;
pub(crate) use reactor::{Reactor, reactor_of};
