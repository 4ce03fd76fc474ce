//! The door of the running server.

mod door;
mod log;
mod ready;
mod slow;
