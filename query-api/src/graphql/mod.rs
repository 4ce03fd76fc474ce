//! `/graphql`: one typed schema over the read models, made of one file per view (`views/`).
//!
//! A request is read and measured before anything is done for it (`document`), waits where it brings a consistency token
//! (`crate::consistency`), and then sees one moment through one transaction (`reader`). What is subscribed to is shown again as it changes
//! (`subscriptions`). Not here: what the read models have and how it
//! is asked for (`xentri_projections`), who calls (the gateway).

mod answer;
mod connection;
mod document;
mod door;
mod in_place;
mod loaders;
mod measure;
mod order;
mod reader;
mod scalars;
mod schema;
mod settings;
mod subscriptions;
mod views;
mod words;

#[cfg(test)]
mod tests;

// What plain reads have too.
use crate::{consistency, cursor, error, reads};

pub use answer::GRAPHQL_JSON;
pub use door::{Reads, router};
pub use schema::sdl;
pub use settings::{GraphqlSettings, SubscriptionSettings};
pub use subscriptions::{Admits, SocketStats, Sockets};
