//! Reads over plain HTTP: the event feed as pages and as a stream, the schemas of what is in it, Pulse, and
//! streams as they were.
//!
//! The gateway has recognised the [`Caller`](xentri_domain::kernel::Caller) before a request comes here. Not here: GraphQL,
//! and SQL (`ledger`, `projections`).

mod asked;
mod feed;
mod parameters;
mod problem;
mod pulse;
mod schemas;
mod streams;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tokio::sync::watch;
use xentri_domain::kernel::Clock;
use xentri_ledger::Ledger;

use crate::OrgHeads;
use crate::graphql::Reads;
use crate::places::OpenPlaces;
use feed::Feed;

/// What the reads stand on.
pub struct Parts {
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    /// Whose watch over checkpoints is for all reads of the process.
    pub queries: Reads,
    pub heads: OrgHeads,
    /// So many event streams an org may have open in this process; 0 for any number.
    pub streams_per_org: usize,
    /// Becomes true when the process is to stop: streams end then, and their clients resume elsewhere.
    pub stop: watch::Receiver<bool>,
}

/// Needs the caller among the request's extensions, and lets nobody in without. Must be called within a Tokio runtime.
pub fn router(parts: Parts) -> Router {
    let Parts { ledger, clock, queries, heads, streams_per_org, stop } = parts;
    let pulse = pulse::router(ledger.clone(), clock.clone(), queries);
    let streams = streams::router(ledger.clone());
    let feed =
        Feed { ledger, clock, heads, streams: OpenPlaces::new(streams_per_org, "event streams"), stop };
    Router::new().route(feed::PATH, get(feed::get)).with_state(feed).merge(pulse).merge(streams)
}

/// For everybody, without a token.
pub fn open_router() -> Router {
    schemas::router()
}
