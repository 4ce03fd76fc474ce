//! The state of any stream as it was: as of a version or a moment, folded from its events, and what changed between two
//! versions.
//!
//! Here live the fold and the comparison. Who may ask, and in which form it is answered, is for the callers (`rest`, GraphQL):
//! `ledger:read` to see a state as of then, `person:read` to see people in it.

mod difference;
mod error;
mod fold;
mod kinds;

pub(crate) use difference::changes;
pub use difference::{Change, diff_in_tx};
pub use error::TimeTravelError;
pub(crate) use fold::Walk;
pub use fold::{StateThen, Then, state_in_tx};
pub use kinds::stream_type;
