//! A shard's events, given to every reactor.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, sleep};
use uuid::Uuid;
use xentri_ledger::{DatabaseError, Shard, StoredEvent, WorkerTx};
use xentri_projections::kit::LedgerEvent;

use super::checkpoint::{self, Checkpoint};
use super::reactions::{NotGiven, Reactions};
use super::reactor::{REACTORS, Reactor, concerns, id_of, is_history};
use super::standing::{Standing, standing_in_tx};
use crate::feed::{Batch, Feed as _, FeedError, Place};
use crate::runtime::{self, OpenFeed, Parking, park_in_tx, read};
use crate::trouble::Trouble;

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A shard in which little happens is read no oftener: nobody waits for a reaction.
const BETWEEN_FEW: Duration = Duration::from_millis(100);

/// Events that are few.
const FEW: usize = 64;

/// How often the checkpoint is saved where nothing else moves it. What was reacted to since is reacted to again with the same
/// keys, which changes nothing.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// Of a command that fails for good. What is only not to be had now is no try.
const TRIES: u32 = 3;

/// Reacts to one shard. Two processes that do so do everything once.
pub struct ReactorWorker<O> {
    reactions: Reactions,
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
    #[error(transparent)]
    Parking(#[from] runtime::Trouble),
    #[error("{0}")]
    Unreadable(String),
    #[error("another process reacts to this shard")]
    Replaced,
}

/// What one try comes to.
enum Tried {
    Done,
    /// `on`: where the answer would go.
    Waits {
        on: Uuid,
    },
    Failed {
        on: Uuid,
        error: String,
    },
}

impl<O: OpenFeed> ReactorWorker<O> {
    pub fn new(reactions: Reactions, shard: Shard, open: Arc<O>) -> Self {
        Self { reactions, shard, open }
    }

    /// Until it is dropped.
    pub async fn run(&self) {
        let _shown = self.reactions.places.show(self.shard);
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
        let databases = self.reactions.ledger.databases();
        let mut kept = checkpoint::load(databases, self.shard, reactor.name()).await?;
        let mut feed = self.open.open(self.shard, kept.place, kept.topic.clone()).await?;
        let mut come = kept.clone();
        self.reactions.places.see(self.shard, reactor, kept.place);
        let mut save = interval(SAVE_EVERY);
        save.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                batch = feed.next() => {
                    let Batch { events, last, topic, .. } = batch?;
                    self.react_to_all(reactor, &events, &mut kept).await?;
                    self.reactions.stats.ran(reactor.name());
                    come = Checkpoint { place: last, topic };
                    if events.len() < FEW {
                        sleep(BETWEEN_FEW).await;
                    }
                }
                _ = save.tick(), if come != kept => {
                    let mut tx = WorkerTx::begin(databases, self.shard, &[]).await?;
                    self.move_in_tx(&mut tx, reactor, &kept, &come).await?;
                    tx.commit().await?;
                    kept = come.clone();
                    self.reactions.places.see(self.shard, reactor, kept.place);
                }
            }
        }
    }

    async fn react_to_all(
        &self,
        reactor: &'static dyn Reactor,
        events: &[StoredEvent],
        kept: &mut Checkpoint,
    ) -> Result<(), Interrupted> {
        let concerning = |stored: &&StoredEvent| {
            concerns(reactor, &stored.type_name) && !is_history(reactor, stored.recorded_at)
        };
        for stored in events.iter().filter(concerning) {
            let Some(incoming) = read(stored).map_err(Interrupted::Unreadable)? else { continue };
            self.react_to(reactor, &incoming.event, kept).await?;
        }
        Ok(())
    }

    async fn move_in_tx(
        &self,
        tx: &mut WorkerTx,
        reactor: &dyn Reactor,
        kept: &Checkpoint,
        now: &Checkpoint,
    ) -> Result<(), Interrupted> {
        let name = reactor.name();
        let moved = checkpoint::save_in_tx(tx.connection(), self.shard, name, kept.place, now).await?;
        if moved { Ok(()) } else { Err(Interrupted::Replaced) }
    }

    /// Until the event is answered, or parked.
    async fn react_to(
        &self,
        reactor: &dyn Reactor,
        event: &LedgerEvent,
        kept: &mut Checkpoint,
    ) -> Result<(), Interrupted> {
        let what = format!("reactor {} on shard {}", reactor.name(), self.shard);
        let mut trouble = Trouble::with(what, LONGEST_WAIT);
        let mut failures = 0;
        loop {
            match self.attempt(reactor, event).await {
                Ok(Tried::Done) => {
                    trouble.over();
                    return Ok(());
                }
                Ok(Tried::Waits { on }) => {
                    if self.park(reactor, event, on, None, kept).await? {
                        return Ok(());
                    }
                }
                Ok(Tried::Failed { on, error }) => {
                    failures += 1;
                    if failures == TRIES {
                        tracing::error!(
                            reactor = reactor.name(), shard = %self.shard, event = %event.envelope.id, error,
                            "an event can't be reacted to and is parked"
                        );
                        self.park(reactor, event, on, Some(error), kept).await?;
                        return Ok(());
                    }
                    trouble.quiet_pause().await;
                }
                Err(error) => trouble.pause(&error).await,
            }
        }
    }

    /// An error is not of the event's making.
    async fn attempt(&self, reactor: &dyn Reactor, event: &LedgerEvent) -> Result<Tried, NotGiven> {
        let (on, answer) = match self.reactions.answer(reactor, event).await {
            Ok(None) => return Ok(Tried::Done),
            Ok(Some(reaction)) => (reaction.stream.uuid(), Ok(reaction)),
            // Nobody knows where it would go, so nothing waits behind it.
            Err(NotGiven::AtAll(error)) => (event.envelope.id.uuid(), Err(error)),
            Err(now) => return Err(now),
        };
        let mut tx = WorkerTx::begin(self.reactions.ledger.databases(), self.shard, &[]).await?;
        let standing = standing_in_tx(tx.connection(), self.shard, reactor, event, on).await?;
        tx.commit().await?;
        match (standing, answer) {
            (Standing::Settled, _) => Ok(Tried::Done),
            (Standing::Waits, _) => Ok(Tried::Waits { on }),
            (Standing::Free, Err(error)) => Ok(Tried::Failed { on, error }),
            (Standing::Free, Ok(reaction)) => match self.reactions.give(reactor, reaction, event).await {
                Ok(()) => Ok(Tried::Done),
                Err(NotGiven::AtAll(error)) => Ok(Tried::Failed { on, error }),
                Err(now) => Err(now),
            },
        }
    }

    /// Together with the checkpoint. False for one that has nothing to wait for any more: whoever took that away holds the
    /// checkpoint meanwhile, so one of the two sees the other.
    async fn park(
        &self,
        reactor: &dyn Reactor,
        event: &LedgerEvent,
        on: Uuid,
        error: Option<String>,
        kept: &mut Checkpoint,
    ) -> Result<bool, Interrupted> {
        let place = Place { epoch: event.epoch, position: event.position };
        // A part of a batch leaves the topic where it was: what is read twice is dropped.
        let now = Checkpoint { place, topic: kept.topic.clone() };
        let databases = self.reactions.ledger.databases();
        let mut tx = WorkerTx::begin(databases, self.shard, &[event.org()]).await?;
        self.move_in_tx(&mut tx, reactor, kept, &now).await?;
        let standing = standing_in_tx(tx.connection(), self.shard, reactor, event, on).await?;
        if error.is_none() && standing == Standing::Free {
            return Ok(false);
        }
        if standing != Standing::Settled {
            let parking = Parking { event, keys: vec![(event.org(), on)], error };
            park_in_tx(tx.connection(), &id_of(reactor), self.shard, &[parking]).await?;
        }
        tx.commit().await?;
        *kept = now;
        self.reactions.places.see(self.shard, reactor, place);
        Ok(true)
    }
}
