//! The only ways to a database.
//!
//! The pools are private. What another crate gets is a transaction that has its role and its scope from its first
//! moment: [`TenantTx`] for one org, [`RelayTx`], [`WorkerTx`] and [`AuditorTx`] for work across orgs. Who
//! leads a shard for a duty is settled by [`ShardLocks`], which read nothing of it. Four parts of this crate have
//! connections of their own: `append`, `verify::stored`, `read::scan`, and `epoch`, which needs another login.

mod across;
mod begin;
pub(crate) mod copied;
mod databases;
mod error;
mod moment;
mod settings;
mod shard_locks;
mod tenant;

pub use across::{AuditorTx, ReadsAllOrgs, RelayTx, WorkerTx};
pub(crate) use begin::begin_for;
pub(crate) use databases::Database;
pub use databases::{Databases, PoolStats};
pub use error::DatabaseError;
pub use moment::Moment;
pub use settings::DatabaseSettings;
pub(crate) use settings::session;
pub use shard_locks::{Duty, ShardLocks, Standing, standing_in_tx};
pub use tenant::{Home, TenantTx};
