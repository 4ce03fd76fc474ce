//! How much is worked on at once and for how long: what is too much is refused at once rather than queued.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use xentri_schemas::{ErrorKind, Problem};

use crate::config::Http;

/// In seconds: soon enough that nobody notices, late enough that a crowd thins out.
const TRY_AGAIN: u64 = 1;

#[derive(Clone)]
pub(super) struct Work {
    places: Arc<Semaphore>,
    longest: Duration,
}

impl Work {
    pub(super) fn new(settings: &Http) -> Self {
        let places = settings.requests.min(Semaphore::MAX_PERMITS);
        Self { places: Arc::new(Semaphore::new(places)), longest: settings.request_timeout.get() }
    }
}

/// A write that takes too long may have been done all the same, and says so.
pub(super) async fn bounded(State(work): State<Work>, request: Request, next: Next) -> Response {
    let Ok(_place) = work.places.try_acquire() else {
        let problem = Problem::new(ErrorKind::OVERLOADED).detail("too many requests are worked on already");
        return problem.retry_after(TRY_AGAIN).into_response();
    };
    let only_reads = request.method().is_safe();
    timeout(work.longest, next.run(request)).await.unwrap_or_else(|_| {
        let kind = if only_reads { ErrorKind::UNAVAILABLE } else { ErrorKind::OUTCOME_UNKNOWN };
        let detail = "the request took longer than any may";
        Problem::new(kind).detail(detail).retry_after(TRY_AGAIN).into_response()
    })
}
