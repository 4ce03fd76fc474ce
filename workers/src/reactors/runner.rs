//! A shard's events, given to every reactor.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use xentri_commands::{DispatchError, Dispatcher};
use xentri_ledger::{DatabaseError, Ledger, Shard};
use xentri_projections::kit::LedgerEvent;

use super::checkpoint::{self, Checkpoint};
use super::follow_up::FollowUp;
use super::reactor::{Reaction, Reactor, is_history};
use crate::feed::{Batch, Feed as _, FeedError};
use crate::runtime::{OpenFeed, read};

static REACTORS: &[&dyn Reactor] = &[&FollowUp];

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Reacts to one shard. Two processes that do so do everything once.
pub struct ReactorWorker<O> {
    ledger: Ledger,
    dispatcher: Dispatcher,
    shard: Shard,
    open: Arc<O>,
}

/// Nothing is lost by it: whoever begins again goes on from the checkpoint.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("{0}")]
    Unreadable(String),
    #[error("{reactor} can't give its command now: {error}")]
    NotGiven { reactor: &'static str, error: DispatchError },
    #[error("another process reacts to this shard")]
    Replaced,
}

impl<O: OpenFeed> ReactorWorker<O> {
    pub fn new(ledger: Ledger, dispatcher: Dispatcher, shard: Shard, open: Arc<O>) -> Self {
        Self { ledger, dispatcher, shard, open }
    }

    /// Until it is dropped.
    pub async fn run(&self) {
        futures_util::future::join_all(REACTORS.iter().map(|reactor| self.always(*reactor))).await;
    }

    async fn always(&self, reactor: &'static dyn Reactor) {
        let mut wait = FIRST_WAIT;
        loop {
            let began = tokio::time::Instant::now();
            if let Err(interrupted) = self.follow(reactor).await {
                tracing::warn!(shard = %self.shard, reactor = reactor.name(), %interrupted, "a reactor begins again");
            }
            if began.elapsed() > LONGEST_WAIT {
                wait = FIRST_WAIT;
            }
            sleep(wait.mul_f64(rand::random_range(0.5..=1.0))).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    async fn follow(&self, reactor: &'static dyn Reactor) -> Result<(), Interrupted> {
        let databases = self.ledger.databases();
        let mut kept = checkpoint::load(databases, self.shard, reactor.name()).await?;
        let mut feed = self.open.open(self.shard, kept.place, kept.topic.clone()).await?;
        loop {
            let batch = feed.next().await?;
            self.react_to(reactor, &batch).await?;
            let now = Checkpoint { place: batch.last, topic: batch.topic };
            if !checkpoint::save(databases, self.shard, reactor.name(), kept.place, &now).await? {
                return Err(Interrupted::Replaced);
            }
            kept = now;
        }
    }

    async fn react_to(&self, reactor: &'static dyn Reactor, batch: &Batch) -> Result<(), Interrupted> {
        for stored in &batch.events {
            let Some(incoming) = read(stored).map_err(Interrupted::Unreadable)? else { continue };
            let event = &incoming.event;
            if is_history(reactor, event) {
                continue;
            }
            // An org that is erased has nothing left to do.
            let Some(org) = self.ledger.directory().find(event.org()).await? else { continue };
            if let Some(reaction) = reactor.react(event, &org.settings.time_zone) {
                self.give(reactor.name(), reaction, event).await?;
            }
        }
        Ok(())
    }

    /// What is refused is done: the lead is gone, or final. All else is tried again.
    async fn give(
        &self,
        reactor: &'static str,
        reaction: Reaction,
        event: &LedgerEvent,
    ) -> Result<(), Interrupted> {
        let given = Reaction::principal(reactor, event)
            .and_then(|principal| Ok((principal, reaction.request(reactor, event)?)))
            .map_err(|error| Interrupted::Unreadable(error.to_string()))?;
        match self.dispatcher.dispatch(&given.0, given.1).await {
            Ok(_)
            | Err(DispatchError::Refused(_) | DispatchError::OrgUnknown | DispatchError::SubjectForgotten) => {
                Ok(())
            }
            Err(error) => Err(Interrupted::NotGiven { reactor, error }),
        }
    }
}
