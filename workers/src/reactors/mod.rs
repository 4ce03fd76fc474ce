//! Reactors: what follows from a single event, as a command.
//!
//! A reactor has a checkpoint of its own, so a rebuild of read models makes it do nothing twice; and its commands carry the
//! event's id as their key, so that what is read again after a crash is done once. Not here: what time asks for (`jobs`).

mod checkpoint;
mod follow_up;
mod reactor;
mod runner;

pub use runner::ReactorWorker;
