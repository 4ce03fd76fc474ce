//! Counting for whoever watches a running system: in the values that count, never in a global.
//!
//! Counting costs some nanoseconds and takes no lock, for commands and requests pass here by the ten thousand. Names, labels
//! and how it is all shown are for whoever asks.

mod histogram;
mod table;

pub use histogram::{Histogram, Reading, TIMES};
pub use table::Table;
