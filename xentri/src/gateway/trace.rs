//! One trace id, one span and one line in the log for each request.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tracing::field::{Empty, display};
use tracing::{Instrument as _, Span};
use xentri_domain::kernel::Caller;

use super::traceparent::{TRACEPARENT, TraceParent};
use crate::metrics::Requests;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longer ones are not ours to carry.
const LONGEST_REQUEST_ID: usize = 128;

/// Handlers find the trace id among the extensions. Of the request the log has its method and route, never the path, which
/// may name somebody, and whose it is once that is known.
pub(super) async fn trace(State(requests): State<Requests>, mut request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let parent = TraceParent::of(request.headers());
    let trace_id = parent.trace_id.to_string();
    let given = request.headers().get(REQUEST_ID).filter(|id| is_sound(id)).cloned();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    let method = request.method().clone();
    // Of the highest level: an error deep inside must have its trace id whatever is logged otherwise.
    let span = tracing::error_span!(
        "request",
        %trace_id,
        %method,
        route = route.unwrap_or_default(),
        status = Empty,
        org_id = Empty,
        user_id = Empty
    );
    request.extensions_mut().insert(parent.trace_id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("status", status.as_u16());
    requests.took(route, &method, status, begin.elapsed());
    span.in_scope(|| log(status, route.unwrap_or_default(), begin));
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::try_from(parent.header()) {
        headers.insert(TRACEPARENT, value);
    }
    if let Some(id) = given.or_else(|| HeaderValue::try_from(trace_id).ok()) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// From then on the span tells whose request it is.
pub(super) fn record_caller(caller: &Caller) {
    let span = Span::current();
    span.record("user_id", display(caller.actor().id()));
    if let Some(principal) = caller.principal() {
        span.record("org_id", display(principal.org()));
    }
}

fn log(status: StatusCode, route: &str, begin: Instant) {
    let millis = begin.elapsed().as_secs_f64() * 1000.0;
    match status.as_u16() {
        // Expected at times, and told by alerts.
        503 => tracing::warn!(millis, "answered"),
        500.. => tracing::error!(millis, "answered"),
        _ if route.starts_with("/health") => tracing::debug!(millis, "answered"),
        _ => tracing::info!(millis, "answered"),
    }
}

fn is_sound(id: &HeaderValue) -> bool {
    !id.is_empty() && id.len() <= LONGEST_REQUEST_ID && id.as_bytes().iter().all(u8::is_ascii_graphic)
}
