//! A shard's events, read and decoded while those before them are applied.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use xentri_ledger::Shard;

use super::backoff::Backoff;
use super::events::Events;
use super::worker::OpenFeed;
use crate::feed::{Feed, FeedError, Place, TopicPlace};

/// Batches that are read ahead. All shards of a process do so, and a decoded event takes a few kilobytes.
const AHEAD: usize = 2;

pub(super) struct Intake {
    read: mpsc::Receiver<Events>,
    /// Does not go on from what was given last.
    waiting: Option<Events>,
    /// Ends with the value.
    _reading: JoinSet<()>,
}

impl Intake {
    pub(super) fn start<O: OpenFeed>(
        open: Arc<O>,
        shard: Shard,
        after: Place,
        topic: Option<TopicPlace>,
        backoff: Backoff,
    ) -> Self {
        let (sender, read) = mpsc::channel(AHEAD);
        let mut reading = JoinSet::new();
        reading.spawn(async move {
            let mut backoff = backoff;
            while let Err(error) = feed(&*open, shard, after, topic.clone(), &sender, &mut backoff).await {
                if let FeedError::GoneBack { .. } = error {
                    let halt = Some(error.to_string());
                    let end = Events { after, known: Vec::new(), last: after, topic: None, halt };
                    // Who has dropped the other end wants to know nothing more.
                    let _gone = sender.send(end).await;
                    return;
                }
                tracing::warn!(shard = shard.number(), %error, "a feed can't be opened");
                backoff.wait().await;
            }
        });
        Self { read, waiting: None, _reading: reading }
    }

    /// What there is at once, until it is so many events; waits while there is nothing. Dropped while it waits, it has given
    /// nothing. None when reading has ended for good.
    pub(super) async fn next(&mut self, enough: usize) -> Option<Events> {
        let mut events = match self.waiting.take() {
            Some(events) => events,
            None => self.read.recv().await?,
        };
        while events.known.len() < enough
            && let Ok(next) = self.read.try_recv()
        {
            if !events.precedes(&next) {
                self.waiting = Some(next);
                break;
            }
            events = events.and(next);
        }
        Some(events)
    }
}

/// Ends when nobody wants more, or at what nobody may read beyond. An error is of the opening, or final.
async fn feed<O: OpenFeed>(
    open: &O,
    shard: Shard,
    after: Place,
    topic: Option<TopicPlace>,
    to: &mpsc::Sender<Events>,
    backoff: &mut Backoff,
) -> Result<(), FeedError> {
    let mut feed = open.open(shard, after, topic).await?;
    loop {
        match feed.next().await {
            Ok(batch) => {
                backoff.succeeded();
                let events = Events::of(batch);
                let ends = events.halt.is_some();
                if to.send(events).await.is_err() || ends {
                    return Ok(());
                }
            }
            Err(error @ FeedError::GoneBack { .. }) => return Err(error),
            Err(error) => {
                tracing::warn!(shard = shard.number(), %error, "a feed can't be read");
                backoff.wait().await;
            }
        }
    }
}
