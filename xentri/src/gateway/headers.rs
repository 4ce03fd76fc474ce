//! What every answer tells browsers, and how many headers a request may have.

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use xentri_schemas::{ErrorKind, Problem};

/// Whatever a route says itself holds. Answers are somebody's own, and some have tokens: they are not kept unless a route
/// allows it.
const HARD: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
];

pub(super) async fn harden(mut response: Response, hsts: bool) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HARD {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if hsts {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(STRICT_TRANSPORT_SECURITY, year);
    }
    response
}

/// The server's own limits lie higher, so that whoever is a little above these gets a problem to read.
pub(super) async fn refuse_too_many(
    State((most, most_bytes)): State<(usize, usize)>,
    request: Request,
    next: Next,
) -> Response {
    if request.headers().len() > most || size(request.headers()) > most_bytes {
        let detail = format!("at most {most} headers of {most_bytes} bytes in all are taken");
        return Problem::new(ErrorKind::HEADERS_TOO_LARGE).detail(detail).into_response();
    }
    next.run(request).await
}

fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}
