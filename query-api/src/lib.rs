//! Reads over HTTP: the GraphQL schema, subscriptions, history and the event feed.
//!
//! Not here: SQL (`projections`, `ledger`), writes (`commands`), tokens and rate limits (`xentri`). Only this
//! crate speaks GraphQL.

pub mod graphiql;
pub mod graphql;
mod heads;
pub mod inquiry;
mod language;
mod places;
pub mod rest;
pub mod time_travel;

pub use heads::OrgHeads;
