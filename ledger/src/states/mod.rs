//! The states of streams: folded when somebody asks, kept in memory while there is room.
//!
//! What is kept is folded from sealed events: nothing personal is open in it. It may be out of date, which the append finds
//! out; whoever is about to answer a rejection makes sure by [`States::reload`].

mod cache;
mod entry;
mod fold;

pub use cache::{StateSettings, StateStats, States};
pub use fold::{LoadError, Loaded, fold_stream_in_tx};
