//! Reading the ledger: a stream, an org in its own order, a shard in commit order; where orgs and shards end, and where
//! epochs began.
//!
//! Events are read in pages after a known one, so that nobody holds a snapshot for long and nobody's memory grows with
//! the ledger. Bodies come as they are stored; what they mean is decoded by whoever wants to know. Verification reads by
//! itself, for it believes nothing of the order.

mod epochs;
mod heads;
mod org;
mod page;
mod scan;
mod shard;
mod stored;
mod stream;
mod wire;

#[cfg(test)]
mod plans;

pub use epochs::{Epoch, epochs_in_tx};
pub use heads::{
    OrgHead, ShardHead, ShardHeads, org_head_at_in_tx, org_head_in_tx, org_heads_in_tx, shard_heads,
    shard_heads_in_tx,
};
pub use org::{
    SievedPage, read_org_in_tx, read_org_mentions_in_tx, read_org_numbers_in_tx, read_org_types_in_tx,
};
pub use page::{Page, PageLimit};
pub use scan::{ScanConnections, ScannedEvent, ScannedPart, ShardScan};
pub use shard::{read_shard_in_tx, read_shards_in_tx};
pub use stored::StoredEvent;
pub use stream::{Until, read_stream_in_tx, stream_versions_in_tx};
pub use wire::FromWireError;
