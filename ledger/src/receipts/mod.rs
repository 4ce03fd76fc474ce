//! Receipts: what was answered to a command that came with an idempotency key.
//!
//! They are written by the append, in the same call as the events. Here they are found, for a command that comes again, and
//! cleared when nobody may come again with the key.

mod clear;
mod find;

pub use clear::{Clearing, RECEIPTS_KEPT, clear_receipts};
pub use find::{Receipt, find_receipt_in_tx};
