//! Rebuilds that somebody asks for over HTTP: written down, done one after the other by a process that schedules, and told of as
//! they go.
//!
//! Not here: how a rebuild is done, which knows nothing of orders. Whoever is killed leaves an order that another process goes on
//! with.

mod book;
mod clerk;
mod order;

pub use book::{OrderError, Orders};
pub use clerk::Clerk;
pub use order::{Order, OrderState};
