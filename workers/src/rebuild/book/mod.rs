//! What the database knows of rebuilds: which are under way, how far each is, what somebody wants of it.

mod entry;
mod phase;
mod unit;

pub use entry::RebuildEntry;
pub(super) use entry::{
    begin_in_tx, enter_in_tx, entries_in_tx, named, running_in_tx, unreadable, wish_in_tx,
};
pub(super) use phase::words;
pub use phase::{Phase, Wish};
pub(super) use unit::{
    Load, Unit, add_in_tx, begin_anew_in_tx, finish_in_tx, move_in_tx, places, units_in_tx,
};
