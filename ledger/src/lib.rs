//! The append-only record in Postgres.
//!
//! Here live the only ways to a database connection, and on them the directory of orgs, append, read, states and
//! snapshots, receipts, keys, verification and exports. Not here: what an event means (`domain`), its bytes
//! (`schemas`), the tables' definitions (`migrations`).

mod append;
mod consistency;
mod database;
mod directory;
mod epoch;
mod keys;
mod ledger;
mod preferences;
mod read;
mod receipts;
mod shard;
mod shard_map;
mod snapshot;
mod states;
mod tally;
mod verify;

pub use append::{
    AppendError, AppendSettings, AppendStats, Appended, Appenders, Authorized, BatchLimits, Chain,
    ChainError, CommandRecord, EventRecord, Forgets, NewOrg, NewSubject, NotAuthorized, Outcome, Place,
    QueueLimits, ReceiptRecord, RecordError, Refusal,
};
pub use consistency::{BadToken, CONSISTENCY_LABEL, ConsistencyToken};
pub use database::{
    AuditorTx, DatabaseError, DatabaseSettings, Databases, Duty, Home, Moment, PoolStats, ReadsAllOrgs,
    RelayTx, ShardLocks, Standing, TenantTx, WorkerTx, standing_in_tx,
};
pub use directory::{Directory, OrgEntry, OrgSettings, Reservation, ReservationError};
pub use epoch::{EpochStart, new_epoch};
pub use keys::{
    DerivedKeys, FieldContext, FieldError, KeeperError, Keeping, KeyKeeper, KeyRing, KeyRingError,
    MasterKeyError, MasterKeys, NoRandomness, OpenError, OpeningError, OrgKey, Rotation, RotationError,
    SealError, Sealer, SealingError, SecretKey, ShardOpener, SubjectKey, SubjectKeyError, Wrapped,
    open_fields, seal_fields, subject_streams_in_tx,
};
pub use ledger::{Ledger, LedgerSettings};
pub use preferences::{last_scope_in_tx, set_last_scope_in_tx};
pub use read::{
    Epoch, FromWireError, OrgHead, Page, PageLimit, ScanConnections, ScannedEvent, ScannedPart, ShardHead,
    ShardHeads, ShardScan, SievedPage, StoredEvent, Until, epochs_in_tx, org_head_at_in_tx, org_head_in_tx,
    org_heads_in_tx, read_org_in_tx, read_org_mentions_in_tx, read_org_numbers_in_tx, read_org_types_in_tx,
    read_shard_in_tx, read_shards_in_tx, read_stream_in_tx, shard_heads, shard_heads_in_tx,
    stream_versions_in_tx,
};
pub use receipts::{Clearing, RECEIPTS_KEPT, Receipt, clear_receipts, find_receipt_in_tx};
pub use shard::Shard;
pub use shard_map::{DatabaseShards, ShardMap, ShardMapError};
pub use snapshot::{
    EncodeError, EncodedState, Snapshot, SnapshotSettings, SnapshotStats, Snapshots, load_snapshot_in_tx,
    save_snapshot_in_tx,
};
pub use states::{LoadError, Loaded, StateSettings, StateStats, States, fold_stream_in_tx};
pub use tally::{Histogram, Reading, TIMES, Table};
pub use verify::{
    BookError, BundleError, BundleFault, BundleReport, BundleWriter, ChainLink, Checkpoint, CheckpointBook,
    CheckpointError, CheckpointFile, CheckpointKey, CheckpointsError, EventColumn, EventRow, ExportError,
    Finding, Findings, KeyError, LedgerReport, LineError, LineFault, OrgChain, Progress, PublicKey, Reason,
    ShardCheck, ShardReport, SignatureError, SignedHead, VerifyError, export_org, make_checkpoints,
    take_back_after_restore, verify_bundle, verify_ledger, verify_org,
};
