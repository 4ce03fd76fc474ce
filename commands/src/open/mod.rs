//! What is served to everybody, without a token: the OpenAPI document, and a page for each code of an error.

mod form;
mod pages;

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use xentri_schemas::{Digest, ErrorKind, Problem};

use form::Form;

/// Whoever has it asks whether there is another; it only changes with the program.
const REVALIDATE: (HeaderName, &str) = (CACHE_CONTROL, "public, no-cache");
const AN_HOUR: (HeaderName, &str) = (CACHE_CONTROL, "public, max-age=3600");

static DOCUMENT_TAG: LazyLock<String> =
    LazyLock::new(|| format!("\"{}\"", Digest::of(crate::openapi::document())));

pub fn router() -> Router {
    Router::new()
        .route("/api/openapi.json", get(document))
        .route("/errors", get(errors))
        .route("/errors/{code}", get(error))
}

async fn document(request: HeaderMap) -> Response {
    let headers = [(ETAG, DOCUMENT_TAG.as_str()), REVALIDATE];
    if has(&request, &DOCUMENT_TAG) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(CONTENT_TYPE, "application/json")], crate::openapi::document()).into_response()
}

async fn errors(request: HeaderMap) -> Response {
    let form = Form::wanted(&request);
    answer(form, pages::list(form))
}

async fn error(Path(code): Path<String>, request: HeaderMap) -> Response {
    let Some(kind) = ErrorKind::of(&code) else {
        return Problem::new(ErrorKind::NOT_FOUND).detail("there is no error with that code").into_response();
    };
    let form = Form::wanted(&request);
    answer(form, pages::one(kind, form))
}

fn answer(form: Form, text: String) -> Response {
    ([(CONTENT_TYPE, form.content_type()), (VARY, "accept"), AN_HOUR], text).into_response()
}

fn has(request: &HeaderMap, tag: &str) -> bool {
    let known = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.trim_start_matches("W/") == tag
    })
}
