//! A request as the gateway hands it over, with its body read.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::{HeaderMap, StatusCode};
use xentri_domain::kernel::{Caller, Principal};
use xentri_schemas::{ErrorKind, Problem, TraceId};

#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) caller: Caller,
    pub(super) trace_id: Option<TraceId>,
    pub(super) headers: HeaderMap,
    /// The path's parameters by name.
    pub(super) words: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Incoming {
    pub(super) fn principal(&self) -> Result<&Principal, Problem> {
        self.caller.principal().ok_or_else(|| Problem::new(ErrorKind::ORG_MISSING))
    }

    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.words.iter().find(|(known, _)| known == name).map(|(_, word)| word.as_str())
    }
}

impl<S: Send + Sync> FromRequest<S> for Incoming {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = parts.extensions.get::<Caller>().cloned();
        let caller = caller.ok_or_else(|| Problem::new(ErrorKind::UNAUTHENTICATED))?;
        let trace_id = parts.extensions.get::<TraceId>().copied();
        // No id is written in bytes that are not UTF-8.
        let words = RawPathParams::from_request_parts(&mut parts, state).await;
        let words = words.map_err(|_| Problem::new(ErrorKind::NOT_FOUND))?;
        let words = words.iter().map(|(name, word)| (name.to_owned(), word.to_owned())).collect();
        let headers = std::mem::take(&mut parts.headers);
        let body = Bytes::from_request(Request::from_parts(parts, body), state).await;
        let body = body.map_err(|rejection| not_read(&rejection))?;
        Ok(Self { caller, trace_id, headers, words, body })
    }
}

fn not_read(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(ErrorKind::TOO_LARGE).detail("the body is larger than allowed");
    }
    Problem::new(ErrorKind::MALFORMED).detail("the body did not arrive whole")
}
