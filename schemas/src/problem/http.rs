//! A problem as an answer over HTTP.

use axum_core::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, ETAG, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::{PROBLEM_JSON, Problem};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// The problem is among the response's extensions too: whoever knows the trace id writes the body again with it.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        write_headers(&self, response.headers_mut());
        response.extensions_mut().insert(self);
        response
    }
}

fn write_headers(problem: &Problem, headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if let Some(seconds) = problem.retry_after {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    if let Some(rate) = problem.rate {
        headers.insert(LIMIT, rate.limit.into());
        headers.insert(REMAINING, rate.remaining.into());
        headers.insert(RESET, rate.reset.into());
    }
    if let Some(version) = problem.version
        && let Ok(value) = HeaderValue::from_str(&format!("\"{version}\""))
    {
        headers.insert(ETAG, value);
    }
}
