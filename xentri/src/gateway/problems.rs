//! Every error leaves as a problem with its trace id, whoever made it.

use std::panic::AssertUnwindSafe;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use xentri_query_api::graphql::GRAPHQL_JSON;
use xentri_schemas::{ErrorKind, PROBLEM_JSON, Problem, TraceId};

pub(super) async fn render(request: Request, next: Next) -> Response {
    let trace_id = request.extensions().get::<TraceId>().copied();
    // What a panic leaves behind is the request's own, which nobody looks at again.
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let response = answered.unwrap_or_else(|_| Problem::new(ErrorKind::INTERNAL).into_response());
    match problem_of(&response) {
        Some(problem) => rewrite(response, Problem { trace_id, ..problem }),
        None => response,
    }
}

/// What a handler said, or what its bare status means: the framework answers with text, or with nothing. An answer to a query has
/// its errors in itself, whatever its status.
fn problem_of(response: &Response) -> Option<Problem> {
    if let Some(problem) = response.extensions().get::<Problem>() {
        return Some(problem.clone());
    }
    if response.headers().get(CONTENT_TYPE).is_some_and(is_json) {
        return None;
    }
    kind_of(response.status()).map(Problem::new)
}

fn kind_of(status: StatusCode) -> Option<&'static ErrorKind> {
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    // The first of that status is the plain one.
    let same = ErrorKind::ALL.iter().copied().find(|kind| kind.status == status.as_u16());
    Some(match status {
        StatusCode::SERVICE_UNAVAILABLE => ErrorKind::UNAVAILABLE,
        StatusCode::FORBIDDEN => ErrorKind::FORBIDDEN,
        _ if status.is_server_error() => ErrorKind::INTERNAL,
        _ => same.unwrap_or(ErrorKind::MALFORMED),
    })
}

fn is_json(media_type: &HeaderValue) -> bool {
    let media_type = media_type.to_str().unwrap_or_default();
    ["application/json", GRAPHQL_JSON, PROBLEM_JSON].iter().any(|json| media_type.starts_with(json))
}

/// Everything else of the answer stays: `Allow`, say, or a cookie.
fn rewrite(response: Response, problem: Problem) -> Response {
    let (mut old, _) = response.into_parts();
    let (new, body) = problem.into_response().into_parts();
    old.headers.remove(CONTENT_LENGTH);
    old.headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    for (name, value) in &new.headers {
        old.headers.insert(name, value.clone());
    }
    old.status = new.status;
    old.extensions.extend(new.extensions);
    Response::from_parts(old, Body::new(body))
}
