//! What a request is answered: the one place where errors get the words and codes of the catalogue.

use async_graphql::{ErrorExtensionValues, Response, ServerError};
use axum::http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use xentri_ledger::DatabaseError;
use xentri_schemas::{ErrorKind, Problem};

use super::error::ReadError;

/// The media type of answers to queries that say by their status that nothing came of them.
pub const GRAPHQL_JSON: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

/// An answer to a request that came to nothing as a whole.
pub(super) fn refusal(error: &ReadError) -> Response {
    error.log();
    Response::from_errors(vec![of_problem(&error.problem(), ServerError::new("", None))])
}

/// One that can't be read as GraphQL.
pub(super) fn unreadable(error: ServerError) -> Response {
    Response::from_errors(vec![coded(error)])
}

/// So many errors are told of a request of which nothing came.
const TOLD: usize = 100;

/// With a code on every error.
pub(super) fn with_codes(mut response: Response) -> Response {
    let mut errors = std::mem::take(&mut response.errors);
    if response.data == async_graphql::Value::Null {
        errors.truncate(TOLD);
    }
    response.errors = errors.into_iter().map(coded).collect();
    response
}

fn coded(error: ServerError) -> ServerError {
    let own = error.source::<ReadError>().cloned();
    let own = own.or_else(|| error.source::<DatabaseError>().cloned().map(ReadError::Database));
    if let Some(own) = own {
        own.log();
        return of_problem(&own.problem(), error);
    }
    let kind = match error.message.as_str() {
        "Query is too complex." | "Query is nested too deep." => ErrorKind::QUERY_TOO_COSTLY,
        // Everything else that the framework finds wrong is wrong with the request: resolvers have errors of their own.
        _ => ErrorKind::QUERY_INVALID,
    };
    let said = error.message.clone();
    of_problem(&Problem::new(kind).detail(said), error)
}

fn of_problem(problem: &Problem, error: ServerError) -> ServerError {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", problem.kind.code);
    extensions.set("type", problem.type_uri());
    if let Some(seconds) = problem.retry_after {
        extensions.set("retryAfter", seconds);
    }
    ServerError { message: problem.detail.clone().into_owned(), extensions: Some(extensions), ..error }
}

/// Over HTTP: 200 as clients of `application/json` expect whatever came of it; for those who take the newer media type, the
/// status of the first error where there is no data at all.
pub(super) fn over_http(response: &Response, asked: &HeaderMap) -> axum::response::Response {
    let newer = asked.get_all(ACCEPT).iter().any(|accept| accept.to_str().is_ok_and(takes_newer));
    let media_type = if newer { GRAPHQL_JSON } else { JSON };
    let kind = whole_failure(response);
    let status = kind.filter(|_| newer).and_then(|kind| StatusCode::from_u16(kind.status).ok());
    let body = serde_json::to_vec(response).unwrap_or_default();
    let mut answer = (status.unwrap_or(StatusCode::OK), body).into_response();
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if kind.is_some_and(|kind| kind.status == 503) {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    answer
}

fn takes_newer(accept: &str) -> bool {
    let media_types = accept.split(',').filter_map(|part| part.split(';').next());
    media_types.map(str::trim).any(|media_type| media_type.eq_ignore_ascii_case(GRAPHQL_JSON))
}

fn whole_failure(response: &Response) -> Option<&'static ErrorKind> {
    if response.data != async_graphql::Value::Null {
        return None;
    }
    let code = response.errors.first()?.extensions.as_ref()?.get("code")?;
    let async_graphql::Value::String(code) = code else { return None };
    ErrorKind::of(code)
}
