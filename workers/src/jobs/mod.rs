//! Jobs: commands that nobody gives but time, and housekeeping.
//!
//! What is due is found in read models, which may lag: the command decides, and one that is refused was not due. Each
//! carries a key of the job, the stream and what is due, so that a job that runs twice does it once. Not here: what the
//! commands do (`domain`), and reactions to single events (`reactors`).

mod due;
mod mark_overdue;
mod publish_timeout;
mod scheduler;

pub use scheduler::{Scheduler, SchedulerSettings, Ticked};
