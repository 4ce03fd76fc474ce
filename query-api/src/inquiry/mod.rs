//! What auditors ask of the ledger: the history of one thing, what one command set off, where a person's data is.
//!
//! Here live the answers, as values that are written as JSON. They are made from the ledger's events; only where a person is
//! shown is asked of read models. Not here: who may ask, and how it looks (`xentri audit`); whether events are as they were
//! recorded (`ledger`).

mod error;
mod history;
mod mentions;
mod person;
mod told;
mod trace;

pub use error::InquiryError;
pub use history::{History, Step};
pub use person::{Field, Forgetting, Person, PersonEvent, PersonStream, ShownIn, person};
pub use told::{Cause, Told};
pub use trace::{Act, Caused, Trace, trace};
