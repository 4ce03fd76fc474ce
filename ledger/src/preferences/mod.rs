//! What users chose for themselves: no event, for nobody asks later, and nothing else rests on it.

mod last_scope;

pub use last_scope::{last_scope_in_tx, set_last_scope_in_tx};
