//! Commands over HTTP: one handler for all of them, driven by the registry, so that a new command needs no route.
//!
//! The gateway has recognised the [`Caller`](xentri_domain::kernel::Caller) and named the trace before a request comes
//! here. Not here: what a command does (`dispatch`), how its body is read (`xentri_schemas`), the words of the errors
//! (its catalogue).

mod answer;
mod body;
mod handler;
mod headers;
mod incoming;
mod last_scope;
mod prefer;
mod problem;
pub(crate) mod route;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{post, put};
use xentri_domain::registry::command_kinds;

use crate::Dispatcher;
use incoming::Incoming;

/// In bytes; more than any command may have, for an event of 256 KB is the most that is recorded.
pub const BODY_LIMIT: usize = 1 << 20;

/// All command routes, and the one preference. Needs the caller among the request's extensions, and lets nobody in without.
pub fn router(dispatcher: Dispatcher) -> Router {
    let commands = command_kinds().fold(Router::new(), |router, kind| {
        let give = move |State(dispatcher): State<Arc<Dispatcher>>, incoming: Incoming| async move {
            handler::give(&dispatcher, kind, incoming).await
        };
        router.route(&route::path(kind), post(give))
    });
    commands
        .route(last_scope::PATH, put(last_scope::put))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(Arc::new(dispatcher))
}
