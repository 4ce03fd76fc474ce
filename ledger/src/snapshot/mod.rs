//! Snapshots: the states of long streams, so that loading one need not read it whole.
//!
//! They are written beside the append, by a task with a queue that drops what it has no room for: a snapshot may be
//! lost, and the next one comes. States are folded from sealed events, so what is personal in them is sealed too, and one
//! with something open is refused. They are stored as JSON; Postgres compresses what is long by itself.

mod read;
mod write;
mod writer;

pub use read::{Snapshot, load_snapshot_in_tx};
pub use write::{EncodeError, EncodedState, save_snapshot_in_tx};
pub use writer::{SnapshotSettings, SnapshotStats, Snapshots};
