//! A read model made anew beside the one that readers see, proven to be the same, and put in its place.
//!
//! Loaded from the ledger into tables of its own, brought to the live one's place by the workers that feed both, compared row by
//! row, and swapped. What is done is noted as it is done: whoever is killed goes on, and others can pause or cancel it. Not here:
//! the folds (`projections`), and what feeds generations from one event to the next (`runtime`).

mod book;
mod clear;
mod compare;
mod control;
mod error;
mod everywhere;
mod follow;
mod job;
mod judge;
mod load;
mod lock;
mod orders;
mod orgs;
mod plan;
mod progress;
mod rebuilds;
mod rebuilt;
mod run;
mod seal;
mod settings;
mod step;
mod swap;

pub use book::{Phase, RebuildEntry, Wish};
pub use clear::drop_ended;
pub use compare::{ColumnDifference, Difference, LastEvent, RowDifference, TableDifference};
pub use error::RebuildError;
pub use orders::{Clerk, Order, OrderError, OrderState, Orders};
pub use progress::{Progress, ProgressSender};
pub use rebuilds::{Rebuilds, Request};
pub use rebuilt::{Rebuilt, millis};
pub use settings::RebuildSettings;
