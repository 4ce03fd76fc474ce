//! Takes in the whole body before a handler sees the request: nobody works for a client that is slow, and no body is larger
//! than allowed, whatever its headers say.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, CONTENT_LENGTH};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::BytesMut;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use xentri_schemas::{ErrorKind, Problem};

use crate::config::Http;

/// What is held is counted in pieces of so many bytes.
const PIECE: usize = 1024;

#[derive(Clone)]
pub(super) struct Bodies {
    settings: Arc<Http>,
    room: Arc<Semaphore>,
}

/// A body, and the room that it takes among all others.
struct Held {
    bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    pub(super) fn new(settings: &Http) -> Self {
        let pieces = (settings.bodies_bytes / PIECE).min(Semaphore::MAX_PERMITS);
        Self { settings: Arc::new(settings.clone()), room: Arc::new(Semaphore::new(pieces)) }
    }

    async fn hold(&self, headers: &HeaderMap, mut body: Body) -> Result<Held, Problem> {
        let most = self.settings.body_bytes;
        if announced(headers).is_some_and(|bytes| bytes > most as u64) {
            return Err(too_large(most));
        }
        let end = Instant::now() + self.settings.body_timeout.get();
        let (mut first, mut rest, mut room) = (Bytes::new(), BytesMut::new(), None);
        let mut total = 0;
        loop {
            let until = end.min(Instant::now() + self.settings.body_pause.get());
            let Ok(frame) = timeout_at(until, body.frame()).await else { return Err(too_slow()) };
            let Some(frame) = frame else { break };
            // The client has gone, or what it sends is no chunk. It reads this only in the second case.
            let frame = frame.map_err(|_| broken())?;
            let Ok(data) = frame.into_data() else { continue };
            total += data.len();
            if total > most {
                return Err(too_large(most));
            }
            if !self.make_room(&mut room, total) {
                return Err(Problem::new(ErrorKind::OVERLOADED).retry_after(1));
            }
            if first.is_empty() {
                first = data;
            } else {
                if rest.is_empty() {
                    rest.extend_from_slice(&first);
                }
                rest.extend_from_slice(&data);
            }
        }
        let bytes = if rest.is_empty() { first } else { rest.freeze() };
        Ok(Held { bytes, _room: room })
    }

    /// False where the others leave no room for so much.
    fn make_room(&self, room: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> bool {
        let pieces = bytes.div_ceil(PIECE);
        let held = room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = u32::try_from(pieces.saturating_sub(held)).unwrap_or(u32::MAX);
        if more == 0 {
            return true;
        }
        let Ok(got) = self.room.clone().try_acquire_many_owned(more) else { return false };
        match room {
            Some(room) => room.merge(got),
            None => *room = Some(got),
        }
        true
    }
}

pub(super) async fn take_in(State(bodies): State<Bodies>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match bodies.hold(&parts.headers, body).await {
        Ok(held) => next.run(Request::from_parts(parts, Body::from(held.bytes.clone()))).await,
        Err(problem) => {
            let mut response = problem.into_response();
            // What follows on this connection is the rest of a body, and no request.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            response
        }
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(most: usize) -> Problem {
    Problem::new(ErrorKind::TOO_LARGE).detail(format!("a body has at most {most} bytes"))
}

fn too_slow() -> Problem {
    Problem::new(ErrorKind::REQUEST_TIMEOUT)
}

fn broken() -> Problem {
    Problem::new(ErrorKind::MALFORMED).detail("the body breaks off, or its chunks can't be read")
}
