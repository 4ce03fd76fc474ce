//! Writes: from a command to appended events.
//!
//! Here live dispatch (authorise, load, decide, append), the lanes in which commands of one org are decided one on
//! another, the REST door and the document that describes it. Not here: rules (`domain`), storage (`ledger`).

mod adapter;
mod dispatch;
mod envelopes;
mod lanes;
pub mod open;
pub mod openapi;
pub mod rest;
mod streams;

pub use adapter::{Adapted, CommandScope, Halted, Happened, NotAppended, OneCommand, Services};
pub use dispatch::{
    Answer, AnsweredEvent, CommandRequest, DispatchError, DispatchSettings, Dispatcher, Idempotency,
    OutcomeCount, Outcomes, Provenance, Refused,
};
