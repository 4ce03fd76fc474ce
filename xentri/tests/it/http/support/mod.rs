//! A running server, orgs in it, and callers of every kind.

mod caller;
pub(crate) mod keys;
mod ledger;
pub(crate) mod raw;
mod server;

pub(crate) use caller::{Answer, Caller, ada};
pub(crate) use server::Server;
