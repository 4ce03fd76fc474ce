//! A feed that gives what a test has cut.

use std::sync::{Arc, Mutex};

use tokio::sync::watch;
use xentri_ledger::{Shard, StoredEvent};
use xentri_workers::feed::{Batch, Feed, FeedError, Place, TopicPlace};
use xentri_workers::runtime::OpenFeed;

use super::support::place;

/// Gives one batch after the other, and then nothing any more.
#[derive(Clone)]
pub(crate) struct Script {
    /// The last is the next.
    pub(super) batches: Arc<Mutex<Vec<Batch>>>,
    /// With which place in a topic it was opened last.
    pub(super) topic: watch::Sender<Option<TopicPlace>>,
}

impl Script {
    /// Each step goes so far beyond what came before, and begins so far before its end.
    pub(crate) fn new(events: &[StoredEvent], steps: &[(usize, usize)]) -> Self {
        let mut batches = Vec::new();
        let mut at = 0;
        for (forward, back) in steps.iter().copied().cycle() {
            let (from, to) = (at - back.min(at), (at + forward).min(events.len()));
            let after = from.checked_sub(1).map_or_else(Place::default, |before| place(&events[before]));
            let last = place(&events[to - 1]);
            batches.push(Batch { after, events: events[from..to].to_vec(), last, topic: None });
            at = to;
            if at == events.len() {
                batches.reverse();
                return Self { batches: Arc::new(Mutex::new(batches)), topic: watch::Sender::new(None) };
            }
        }
        unreachable!("steps go forward");
    }
}

impl OpenFeed for Script {
    type Feed = Self;

    async fn open(&self, _: Shard, _: Place, topic: Option<TopicPlace>) -> Result<Self, FeedError> {
        self.topic.send_replace(topic);
        Ok(self.clone())
    }
}

impl Feed for Script {
    async fn next(&mut self) -> Result<Batch, FeedError> {
        let next = self.batches.lock().unwrap().pop();
        match next {
            Some(batch) => Ok(batch),
            None => std::future::pending().await,
        }
    }
}
