//! Proof that the ledger still is what was recorded.
//!
//! Everything but `stored` is computed from rows, lines and keys that a caller brings: no database, no clock. Each
//! event's hash covers the one before, so a change shows unless everything after it is hashed anew; and against that stand
//! signed checkpoints, which nobody can forge who has the database and not the key. `docs/ledger-format.md` has the bytes.

mod book;
mod bundle;
mod chain;
mod checkpoint;
mod checkpoint_file;
mod finding;
mod hex;
mod key;
mod lines;
mod row;
mod shard;
mod signed;
mod stored;

#[cfg(test)]
mod tests;

pub use book::{BookError, CheckpointBook, SignedHead};
pub use bundle::{BundleError, BundleFault, BundleReport, BundleWriter, LineFault, verify_bundle};
pub use chain::{ChainLink, OrgChain};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use checkpoint_file::CheckpointFile;
pub use finding::{EventColumn, Finding, Reason};
pub use key::{CheckpointKey, KeyError, PublicKey};
pub use lines::LineError;
pub use row::EventRow;
pub use shard::ShardCheck;
pub use signed::SignatureError;
pub use stored::{
    CheckpointsError, ExportError, Findings, LedgerReport, Progress, ShardReport, VerifyError, export_org,
    make_checkpoints, take_back_after_restore, verify_ledger, verify_org,
};
