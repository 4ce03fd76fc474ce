//! Everything an org has in the ledger, in one file that proves itself without a database.
//!
//! JSON lines under zstd: a header, the events in their wire form, the schemas that they follow, the signed
//! checkpoint of the last event, and a signed end that fixes every line which is no event. Events are fixed by
//! their chain. Both ways work in constant memory: schemas come after the events because only then it is known
//! which are used.

mod events;
mod lines;
mod read;
mod write;

pub use read::{BundleFault, BundleReport, LineFault, verify_bundle};
pub use write::{BundleError, BundleWriter};
