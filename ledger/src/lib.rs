//! The append-only record in Postgres.
//!
//! Here live the only ways to a database connection, and on them append, read, verify, snapshots, receipts
//! and keys. Not here: what an event means (`domain`), its bytes (`schemas`), the tables' definitions
//! (`migrations`).

mod verify;

pub use verify::{
    BookError, BundleError, BundleFault, BundleReport, BundleWriter, ChainLink, Checkpoint, CheckpointBook,
    CheckpointError, CheckpointFile, CheckpointKey, EventColumn, EventRow, Finding, KeyError, LineError,
    LineFault, OrgChain, PublicKey, Reason, ShardCheck, SignatureError, SignedHead, verify_bundle,
};
