//! The feed as server-sent events: `id` is the `org_seq`, `data` the envelope.
//!
//! What is sent is read when the client takes it, so that a slow one costs a page of memory and no more; one that takes nothing
//! at all is cut off by the gateway. Nothing is lost by that: whoever comes back with `Last-Event-ID` goes on behind it. No
//! connection to the database is held between two reads.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Sleep, sleep};
use xentri_domain::kernel::Timestamp;
use xentri_ledger::PageLimit;
use xentri_schemas::Problem;

use super::Feed;
use super::read::{Batch, Reader};
use crate::places::Place;

/// What a client may have us hold.
const PAGE: PageLimit = PageLimit { events: 200, bytes: 256 << 10 };

/// Shorter than proxies and browsers wait.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How soon a browser comes back.
const OPENING: &str = "retry: 1000\n\n";

/// A proxy that collects what it passes on would hold events back.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

struct EventStream {
    reader: Reader,
    after: u64,
    /// The id that the client knows: behind `after` where what followed it was of other types.
    told: u64,
    head: watch::Receiver<u64>,
    stop: watch::Receiver<bool>,
    expiry: Pin<Box<Sleep>>,
    state: State,
    /// Others get it when this ends.
    _place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Opening,
    /// There may be more to read.
    Behind,
    AtHead,
}

/// That a cursor is ahead is said before anything is sent.
pub(super) async fn open(
    feed: &Feed,
    reader: Reader,
    after: u64,
    until: Timestamp,
) -> Result<Response, Problem> {
    let place = feed.streams.take(reader.home.org())?;
    // Listens before it reads, so that nothing comes in between unseen.
    let head = feed.heads.of(reader.home);
    reader.check(after).await?;
    let left = until.as_micros().saturating_sub(feed.clock.now().as_micros());
    let left = Duration::from_micros(u64::try_from(left).unwrap_or(0));
    let stream = EventStream {
        reader,
        after,
        told: after,
        head,
        stop: feed.stop.clone(),
        expiry: Box::pin(sleep(left)),
        state: State::Opening,
        _place: place,
    };
    let parts = stream::unfold(stream, |mut stream| async {
        let part = stream.next().await?;
        Some((Ok::<_, Infallible>(part), stream))
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (VARY, HeaderValue::from_static("accept")),
        (UNBUFFERED, HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(parts)).into_response())
}

impl EventStream {
    /// What is to be sent next; None at the end.
    async fn next(&mut self) -> Option<String> {
        if self.state == State::Opening {
            self.state = State::Behind;
            return Some(OPENING.to_owned());
        }
        loop {
            if *self.stop.borrow() || self.expiry.is_elapsed() {
                return None;
            }
            if self.state == State::Behind {
                if let Some(part) = self.read().await? {
                    return Some(part);
                }
                continue;
            }
            tokio::select! {
                _ = self.stop.changed() => return None,
                () = self.expiry.as_mut() => return None,
                moved = self.head.changed() => {
                    // The watch ends with the process.
                    moved.ok()?;
                    self.state = State::Behind;
                }
                () = sleep(KEEP_ALIVE) => return Some(self.keep_alive()),
            }
        }
    }

    /// None ends the stream: its client comes back, and is told then what is wrong.
    async fn read(&mut self) -> Option<Option<String>> {
        self.head.borrow_and_update();
        let batch = tokio::select! {
            _ = self.stop.changed() => return None,
            () = self.expiry.as_mut() => return None,
            read = self.reader.read(self.after, PAGE) => read.ok()?,
        };
        self.after = batch.next_after;
        self.state = if batch.more { State::Behind } else { State::AtHead };
        if batch.events.is_empty() {
            return Some(None);
        }
        self.told = batch.events.last().map_or(self.told, |told| told.org_seq);
        Some(Some(written(&batch)))
    }

    /// An id without data tells a client where to resume, and is no event to it.
    fn keep_alive(&mut self) -> String {
        if self.after == self.told {
            return ":\n\n".to_owned();
        }
        self.told = self.after;
        format!("id: {}\n\n", self.after)
    }
}

fn written(batch: &Batch) -> String {
    let mut text = String::with_capacity(batch.events.iter().map(|told| told.wire.len() + 32).sum());
    for told in &batch.events {
        // Into a string, which always has room.
        let _ = write!(text, "id: {}\ndata: {}\n\n", told.org_seq, told.wire);
    }
    text
}
