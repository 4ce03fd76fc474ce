//! Which orgs there are, where each lives, and what decisions and jobs need to know of it without reading its stream.
//!
//! It stands in the first database. An org is reserved, then its first events and its key are appended on its shard,
//! then it becomes active; until then it reads as unknown, and whoever finds it half made goes through the same steps
//! again with the same id.

mod entry;
mod find;
mod list;
mod write;

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use xentri_domain::kernel::OrgId;
use xentri_domain::org::ExternalId;

use crate::database::Databases;

pub use entry::{OrgEntry, OrgSettings};
pub use write::{Reservation, ReservationError};

/// An entry changes where another process may not hear of it, and then this late.
const FRESH: Duration = Duration::from_secs(30);
const MOST_CACHED: u64 = 100_000;

/// Cheap to clone; clones share what they know.
#[derive(Debug, Clone)]
pub struct Directory {
    databases: Databases,
    by_id: Cache<OrgId, Arc<OrgEntry>>,
    by_external_id: Cache<ExternalId, OrgId>,
}

impl Directory {
    pub fn new(databases: Databases) -> Self {
        // Only active orgs are kept: whoever asks for an org that is about to be made finds it as soon as it is.
        Self {
            databases,
            by_id: Cache::builder().max_capacity(MOST_CACHED).time_to_live(FRESH).build(),
            by_external_id: Cache::builder().max_capacity(MOST_CACHED).time_to_live(FRESH).build(),
        }
    }
}
