//! The one way for events into the ledger: commands of all orgs wait together and go together.
//!
//! A [`Chain`] is handed to [`Appenders::append`], which gives back an [`Outcome`]. In between it waits in the queue of
//! the appender that has its shard, goes into a call of `app.append` with whatever waits beside it, and is answered
//! once that call is committed. Of a call whose answer is lost, the ledger is asked. Deciding, and deciding again, is the
//! caller's.

mod appender;
mod appenders;
mod authorized;
mod call;
mod chain;
mod claims;
mod columns;
mod known;
mod outcome;
mod queue;
mod record;
mod recover;
mod settings;
mod stats;
mod watchdog;

pub use appenders::Appenders;
pub use authorized::{Authorized, NotAuthorized};
pub use chain::{Chain, ChainError, NewOrg};
pub use outcome::{AppendError, Appended, Outcome, Place, Refusal};
pub use record::{CommandRecord, EventRecord, Forgets, NewSubject, ReceiptRecord, RecordError};
pub use settings::{AppendSettings, BatchLimits, QueueLimits};
pub use stats::AppendStats;
