//! A body that is read on when nobody wants it any more.
//!
//! An answer may be there before the client has sent all it wants to: the body is too large, or the token is missing. Were
//! the connection closed over what is still coming, the client's system would throw the answer away unread.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::Request;
use axum::http::header::EXPECT;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::time::timeout;

/// Who sends more than this after the answer does not mean to read it.
const MOST: usize = 8 * 1024 * 1024;
const LONGEST: Duration = Duration::from_secs(3);

pub(super) struct Lingering {
    /// None once it has ended.
    body: Option<Incoming>,
    /// The client sends nothing before somebody reads.
    waits_to_send: bool,
}

impl Lingering {
    pub(super) fn wrap(request: Request<Incoming>) -> Request<axum::body::Body> {
        let waits_to_send = request.headers().contains_key(EXPECT);
        request.map(|body| axum::body::Body::new(Self { body: Some(body), waits_to_send }))
    }
}

impl Body for Lingering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.waits_to_send = false;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if !matches!(polled, Poll::Pending | Poll::Ready(Some(Ok(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let body = self.body.take().filter(|body| !body.is_end_stream() && !self.waits_to_send);
        if let (Some(body), Ok(runtime)) = (body, Handle::try_current()) {
            runtime.spawn(timeout(LONGEST, drain(body)));
        }
    }
}

async fn drain(mut body: Incoming) {
    let mut drained = 0;
    while let Some(Ok(frame)) = body.frame().await {
        drained += frame.data_ref().map_or(0, Bytes::len);
        if drained > MOST {
            return;
        }
    }
}
