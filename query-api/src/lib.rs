//! Reads over HTTP: the GraphQL schema, subscriptions, history and the event feed.
//!
//! Not here: SQL (`projections`, `ledger`), writes (`commands`), tokens and rate limits (`xentri`). Only this
//! crate speaks GraphQL.

mod checkpoints;
mod consistency;
mod cursor;
mod error;
pub mod graphiql;
pub mod graphql;
mod heads;
pub mod inquiry;
mod language;
mod places;
mod reads;
pub mod rest;
pub mod time_travel;

pub use heads::OrgHeads;
