//! How the layers lie on one another.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};
use xentri_query_api::graphql::Sockets;
use xentri_schemas::{ErrorKind, Problem};

use super::body::{Bodies, take_in};
use super::caller::{Door, Recognise, authenticate};
use super::headers::{harden, refuse_too_many};
use super::overload::{Work, bounded};
use super::problems::render;
use super::rate::{Limits, limit_org};
use super::reception::Reception;
use super::trace::trace;
use super::{cors, rate};
use crate::config::Settings;
use crate::metrics::Requests;

/// Smaller answers gain nothing.
const WORTH_COMPRESSING: u64 = 1024;

/// What is served, by who may ask for it.
pub(crate) struct Routes {
    /// The process's own: never limited, so that whoever watches it gets an answer.
    pub(crate) health: Router,
    /// For everybody.
    pub(crate) open: Router,
    /// For callers whom the door has recognised: handlers find a `Caller` among the extensions, and the whole body at hand.
    pub(crate) protected: Router,
    /// Whose callers are recognised by what they say once they are connected.
    pub(crate) sockets: Option<Sockets>,
}

/// Nothing that is secret is mixed with what a request brings, in answers that are compressed: a consistency token is new
/// each time, and cookies and keys are in no body.
pub(crate) fn app<R: Recognise>(
    routes: Routes,
    recognise: R,
    settings: &Settings,
    requests: &Requests,
) -> Router {
    let http = &settings.http;
    let work = Work::new(http);
    let door = Door::new(recognise, Limits::new(settings.rate_limit.of_failures()), &http.trusted_proxies);
    let of_org: Arc<rate::OrgLimits> = Arc::new(Limits::new(settings.rate_limit.of_org()));
    let sockets = routes.sockets.map(|sockets| sockets.router(Arc::new(Reception::new(&door, &of_org))));
    let open = sockets.into_iter().fold(routes.open, Router::merge);
    // From the outside in, and all at once: every layer that a router is given by itself is one more copy of what is beneath it,
    // for each request. Only routes that are there ask who calls.
    let guarded = ServiceBuilder::new()
        .layer(from_fn_with_state(door, authenticate::<R>))
        .layer(from_fn_with_state(of_org, limit_org))
        .layer(from_fn_with_state(Bodies::new(http), take_in))
        .layer(from_fn_with_state(work.clone(), bounded));
    let protected = routes.protected.route_layer(guarded);
    let open = open.layer(from_fn_with_state(work, bounded));
    let small = SizeAbove::new(WORTH_COMPRESSING).and(NotForContentType::const_new("text/event-stream"));
    let answers = ServiceBuilder::new()
        .layer(CompressionLayer::new().compress_when(small))
        .layer(from_fn(render))
        .layer(from_fn_with_state((http.headers, http.headers_bytes), refuse_too_many))
        .layer(DefaultBodyLimit::max(http.body_bytes));
    let app = Router::new()
        .merge(open)
        .merge(protected)
        .merge(routes.health)
        .fallback(|| async { Problem::new(ErrorKind::NOT_FOUND) })
        .layer(answers);
    let app = match cors::layer(&settings.cors) {
        Some(layer) => app.layer(layer),
        None => app,
    };
    let hsts = http.hsts;
    app.layer(
        ServiceBuilder::new()
            .layer(from_fn_with_state(requests.clone(), trace))
            .layer(map_response(move |response| harden(response, hsts))),
    )
}
