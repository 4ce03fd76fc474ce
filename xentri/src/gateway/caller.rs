//! Who calls: nobody passes here who is not recognised.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use ipnet::IpNet;
use xentri_domain::kernel::{Caller, ValidUntil};
use xentri_schemas::Problem;

use super::rate::Limits;
use super::trace::record_caller;
use super::{Authenticator, address};

/// Recognises callers by what their requests bring along.
pub(crate) trait Recognise: Clone + Send + Sync + 'static {
    fn recognise(&self, parts: &Parts) -> impl Future<Output = Result<(Caller, ValidUntil), Problem>> + Send;
}

impl Recognise for Authenticator {
    async fn recognise(&self, parts: &Parts) -> Result<(Caller, ValidUntil), Problem> {
        self.authenticate(parts).await
    }
}

#[derive(Clone)]
pub(super) struct Door<R> {
    pub(super) recognise: R,
    failures: Arc<Limits<IpAddr>>,
    trusted: Arc<[IpNet]>,
}

impl<R: Recognise> Door<R> {
    pub(super) fn new(recognise: R, failures: Limits<IpAddr>, trusted: &[IpNet]) -> Self {
        Self { recognise, failures: Arc::new(failures), trusted: trusted.into() }
    }

    /// Only failures count, and only failures are refused for it: others behind the same address, or behind a proxy that
    /// nobody has listed, must not suffer for one who guesses.
    pub(super) fn counted(&self, request: &Parts, problem: Problem) -> Problem {
        if problem.kind.status != StatusCode::UNAUTHORIZED.as_u16() {
            return problem;
        }
        let client = address::client(&request.extensions, &request.headers, &self.trusted);
        self.failures.count(&client).and_then(super::rate::Verdict::refusal).unwrap_or(problem)
    }

    fn refuse(&self, request: &Parts, problem: Problem) -> Response {
        let mut response = self.counted(request, problem).into_response();
        if response.status() == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Handlers find the caller among the extensions, and until when it is believed.
pub(super) async fn authenticate<R: Recognise>(
    State(door): State<Door<R>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    match door.recognise.recognise(&parts).await {
        Ok((caller, until)) => {
            record_caller(&caller);
            parts.extensions.insert(caller);
            parts.extensions.insert(until);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(problem) => door.refuse(&parts, problem),
    }
}
