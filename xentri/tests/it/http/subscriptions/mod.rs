//! Subscriptions, by a client of the protocol against the real binary.

mod closes;
mod crowd;
mod events;
mod limits;
mod people;
mod processes;
mod revoked;
mod rows;
mod slow;
mod support;
