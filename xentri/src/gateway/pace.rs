//! A connection on which nobody may dawdle: neither over the head of a request nor over taking the answer.
//!
//! Bodies are timed where they are read, and the wait for the next request by the server itself.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Whose turn it is on the connection: ours while a request is worked on, when what is read is no head. Counted, so that a
/// turn that was over before anybody looked is seen too: odd is ours.
#[derive(Debug, Clone, Default)]
pub(super) struct Turn(Arc<AtomicU64>);

impl Turn {
    pub(super) fn passes(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn number(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub(super) struct Paced<S> {
    stream: S,
    turn: Turn,
    /// When the head's time was last looked at.
    seen: u64,
    head: Patience,
    answer: Patience,
}

impl<S> Paced<S> {
    /// The first head is waited for from now on, each later one from its first byte on.
    pub(super) fn new(stream: S, turn: Turn, head: Duration, answer: Duration) -> Self {
        let mut paced =
            Self { stream, turn, seen: 0, head: Patience::new(head), answer: Patience::new(answer) };
        paced.head.begin();
        paced
    }

    fn written<T>(&mut self, polled: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.answer.end();
            return polled;
        }
        self.answer.begin();
        self.answer.check(context)?;
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let turn = self.turn.number();
        if turn != self.seen {
            // The head was there in time.
            self.seen = turn;
            self.head.end();
        }
        self.head.check(context)?;
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before && turn.is_multiple_of(2) {
            self.head.begin();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(polled, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.written(polled, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.written(polled, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A time limit that is set again and again.
struct Patience {
    limit: Duration,
    end: Pin<Box<Sleep>>,
    runs: bool,
}

impl Patience {
    fn new(limit: Duration) -> Self {
        Self { limit, end: Box::pin(sleep(limit)), runs: false }
    }

    /// Where it runs already, it runs on.
    fn begin(&mut self) {
        if !self.runs {
            self.end.as_mut().reset(Instant::now() + self.limit);
            self.runs = true;
        }
    }

    fn end(&mut self) {
        self.runs = false;
    }

    /// An error once it is over; until then whoever asks is woken at its end.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.runs && self.end.as_mut().poll(context).is_ready() {
            return Err(ErrorKind::TimedOut.into());
        }
        Ok(())
    }
}
