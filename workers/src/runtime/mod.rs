//! Read models kept up to date: a shard's events folded into the tables of every generation that is fed, each exactly once.
//!
//! Rows and checkpoint change in one transaction, and the checkpoint moves only from where it is believed to be: so a worker
//! may be dropped, killed or replaced at any moment. Not here: the folds (`projections`), where events come from (`feed`),
//! and what becomes of events that can't be folded (`parked`).

mod alone;
mod backoff;
mod bisect;
mod checkpoint;
mod counts;
mod events;
mod group_commit;
mod intake;
mod load;
mod member;
mod open;
mod park;
mod session;
mod settings;
mod status;
mod transaction;
mod turns;
mod worker;

pub use counts::{PassedCount, RuntimeCounts};
pub use group_commit::GroupCommit;
pub use member::MemberId;
pub use settings::RuntimeSettings;
pub use status::{ModelState, ModelStatus, RuntimeStatus, Shown};
pub use worker::{OpenFeed, ShardWorker};

pub(crate) use checkpoint::touch_in_tx;
pub(crate) use events::{Incoming, read, read_body};
pub(crate) use load::lock_discards_in_tx;
pub(crate) use member::Key;
pub(crate) use open::{Trouble, open_in_tx};
pub(crate) use park::{Parking, park_in_tx, without_nul};
