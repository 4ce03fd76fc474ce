//! What is counted of sockets.

use std::array::from_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::close::{End, WORDS};

/// Cheap to clone: all clones show the same.
#[derive(Debug, Clone)]
pub struct SocketStats(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    sockets: AtomicUsize,
    subscriptions: AtomicUsize,
    sent: AtomicU64,
    ended: [AtomicU64; WORDS.len()],
}

/// One more, for as long as the value lives.
#[derive(Debug)]
pub(super) struct One(SocketStats, fn(&Counted) -> &AtomicUsize);

impl Drop for One {
    fn drop(&mut self) {
        (self.1)(&self.0.0).fetch_sub(1, Ordering::Relaxed);
    }
}

impl SocketStats {
    pub(super) fn new() -> Self {
        let (sockets, subscriptions) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let ended = from_fn(|_| AtomicU64::new(0));
        Self(Arc::new(Counted { sockets, subscriptions, sent: AtomicU64::new(0), ended }))
    }

    /// Open now.
    pub fn sockets(&self) -> usize {
        self.0.sockets.load(Ordering::Relaxed)
    }

    /// Open now, on all sockets.
    pub fn subscriptions(&self) -> usize {
        self.0.subscriptions.load(Ordering::Relaxed)
    }

    /// Values that were sent.
    pub fn sent(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }

    /// How sockets ended, by the word for it.
    pub fn ended(&self) -> impl Iterator<Item = (&'static str, u64)> {
        WORDS.into_iter().zip(self.0.ended.iter().map(|count| count.load(Ordering::Relaxed)))
    }

    pub(super) fn socket(&self) -> One {
        self.one(|counted| &counted.sockets)
    }

    pub(super) fn subscription(&self) -> One {
        self.one(|counted| &counted.subscriptions)
    }

    pub(super) fn has_sent(&self, values: usize) {
        self.0.sent.fetch_add(values as u64, Ordering::Relaxed);
    }

    pub(super) fn has_ended(&self, end: &End) {
        self.0.ended[end.word()].fetch_add(1, Ordering::Relaxed);
    }

    fn one(&self, of: fn(&Counted) -> &AtomicUsize) -> One {
        of(&self.0).fetch_add(1, Ordering::Relaxed);
        One(self.clone(), of)
    }
}
