//! Which browsers' pages of other origins may ask and read.

use axum::http::header::{
    AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, LINK, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::trace::REQUEST_ID;
use super::traceparent::TRACEPARENT;
use crate::config::Cors;

const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// What a page may send.
const SENT: [&str; 12] = [
    "idempotency-key",
    "last-event-id",
    "prefer",
    "x-causation-id",
    "x-consistency-token",
    "x-correlation-id",
    "x-occurred-at",
    "x-on-behalf-of",
    "x-org-id",
    "x-reason",
    "x-request-id",
    "traceparent",
];

/// What a page may read beside the body.
const READ: [&str; 5] = [
    "idempotency-replayed",
    "preference-applied",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
];

/// None where no origin is listed: then no answer has such headers, and a preflight is a method like any other.
pub(super) fn layer(settings: &Cors) -> Option<CorsLayer> {
    let origins = settings.origins.as_slice();
    let allowed = match origins {
        [] => return None,
        [any] if any == "*" => AllowOrigin::any(),
        origins => AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok())),
    };
    let sent = SENT.into_iter().map(HeaderName::from_static).chain([AUTHORIZATION, CONTENT_TYPE, IF_MATCH]);
    let read = READ.into_iter().map(HeaderName::from_static);
    let read = read.chain([ETAG, LINK, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE, REQUEST_ID, TRACEPARENT]);
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_credentials(settings.credentials)
        .allow_methods(METHODS)
        .allow_headers(sent.collect::<Vec<_>>())
        .expose_headers(read.collect::<Vec<_>>())
        .max_age(settings.max_age.get());
    Some(layer)
}
