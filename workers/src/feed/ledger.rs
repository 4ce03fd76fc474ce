//! A shard's events from the ledger itself.

use std::future::pending;

use tokio::sync::watch;
use tokio::sync::watch::error::RecvError;
use tokio::task::JoinHandle;
use xentri_ledger::{DatabaseError, Databases, Page, PageLimit, Shard, WorkerTx, read_shard_in_tx};

use super::epochs::{Epochs, Standing};
use super::{Batch, Feed, FeedError, FeedStats, Heads, Place};

/// Pages grow while there is a backlog, and are small again as soon as there is none: what has just happened must not
/// wait for much else.
#[derive(Debug, Clone, Copy)]
pub struct LedgerFeedSettings {
    pub smallest: u32,
    pub largest: u32,
    /// Of bodies, in one page; there are two at a time.
    pub bytes: u32,
}

impl Default for LedgerFeedSettings {
    fn default() -> Self {
        Self { smallest: 256, largest: 2048, bytes: 4 << 20 }
    }
}

/// Reads a page in a short transaction of its own, and the next one ahead while there is a backlog.
pub struct LedgerFeed {
    databases: Databases,
    shard: Shard,
    /// Kept, for it moves `head`.
    _heads: Heads,
    head: watch::Receiver<Place>,
    last: Place,
    /// None until it was checked that `last` still stands.
    epochs: Option<Epochs>,
    settings: LedgerFeedSettings,
    size: u32,
    /// There may be events after `last`, whatever `head` says.
    behind: bool,
    /// The page after `last`. On a task of its own, so that a wait that is given up loses nothing.
    reading: Option<JoinHandle<Result<Read, DatabaseError>>>,
    stats: FeedStats,
}

struct Read {
    page: Page,
    /// Read when something new may be known of epochs.
    standing: Option<Standing>,
}

impl LedgerFeed {
    /// Gives what comes after `after`; the default is before everything.
    pub fn open(
        databases: &Databases,
        shard: Shard,
        after: Place,
        heads: &Heads,
        settings: LedgerFeedSettings,
    ) -> Self {
        Self {
            databases: databases.clone(),
            shard,
            _heads: heads.clone(),
            head: heads.of(shard),
            last: after,
            epochs: None,
            settings,
            size: settings.smallest,
            behind: true,
            reading: None,
            stats: FeedStats::default(),
        }
    }

    /// Counts where others count too.
    #[must_use]
    pub fn with_stats(self, stats: FeedStats) -> Self {
        Self { stats, ..self }
    }

    pub fn stats(&self) -> FeedStats {
        self.stats.clone()
    }

    pub(super) fn shard(&self) -> Shard {
        self.shard
    }

    pub(super) fn last(&self) -> Place {
        self.last
    }

    pub(super) fn head(&self) -> watch::Receiver<Place> {
        self.head.clone()
    }

    /// False when the last page had all that there was.
    pub(super) fn is_behind(&self) -> bool {
        self.behind
    }

    /// Somebody else has given everything up to there.
    pub(super) fn go_on_after(&mut self, last: Place) {
        self.last = last;
        self.behind = false;
        self.reading = None;
    }

    /// Whether an event of that place never happened, as far as is known.
    pub(super) fn has_taken_back(&self, place: Place) -> bool {
        self.epochs.as_ref().is_some_and(|epochs| epochs.have_taken_back(place))
    }

    /// Makes sure that what was read before has happened.
    pub(super) async fn check(&mut self) -> Result<(), FeedError> {
        if self.epochs.is_some() {
            return Ok(());
        }
        let mut tx = WorkerTx::begin(&self.databases, self.shard, &[]).await?;
        let standing = Standing::read_in_tx(&mut tx, self.shard).await?;
        tx.commit().await?;
        self.behind = standing.head > self.last;
        self.stand(standing)
    }

    /// One page, which may turn out to be empty.
    pub(super) async fn step(&mut self) -> Result<Option<Batch>, FeedError> {
        if !self.behind && self.reading.is_none() {
            let last = self.last;
            told(self.head.wait_for(|head| *head > last).await.map(drop)).await;
        }
        let page = self.page().await?;
        let batch = self.give(page);
        if batch.is_none() && *self.head.borrow() > self.last {
            // That head was from before a restore, and is about to change.
            told(self.head.changed().await).await;
        }
        Ok(batch)
    }

    fn stand(&mut self, standing: Standing) -> Result<(), FeedError> {
        if standing.has_gone_back_before(self.last) {
            return Err(FeedError::GoneBack { seen: self.last });
        }
        self.epochs = Some(standing.epochs);
        Ok(())
    }

    async fn page(&mut self) -> Result<Page, FeedError> {
        let shard = self.shard;
        let reading = match &mut self.reading {
            Some(reading) => reading,
            None => self.reading.insert(begin(self)),
        };
        let read = reading.await;
        self.reading = None;
        let read = read.map_err(|_| DatabaseError::Unavailable("the read was given up".to_owned()))??;
        if let Some(standing) = read.standing {
            self.stand(standing)?;
        }
        let expected = self.last.position + 1..;
        if expected.zip(&read.page.events).any(|(position, event)| event.position != position) {
            let message =
                format!("shard {shard} of the ledger has a gap after position {}", self.last.position);
            return Err(DatabaseError::Failed { code: "none".to_owned(), message }.into());
        }
        Ok(read.page)
    }

    fn give(&mut self, page: Page) -> Option<Batch> {
        self.behind = page.more;
        self.size =
            if page.more { (self.size * 2).min(self.settings.largest) } else { self.settings.smallest };
        let after = self.last;
        self.last = Place::of(page.events.last()?);
        if self.behind {
            self.reading = Some(begin(self));
        }
        self.stats.given_from_ledger(page.events.len());
        Some(Batch { after, events: page.events, last: self.last, topic: None })
    }
}

/// Heads of a shard that the map does not have are told by nobody, which the first read has said already.
async fn told(answer: Result<(), RecvError>) {
    if answer.is_err() {
        pending::<()>().await;
    }
}

fn begin(feed: &LedgerFeed) -> JoinHandle<Result<Read, DatabaseError>> {
    let limit = PageLimit { events: feed.size, bytes: feed.settings.bytes };
    let head = *feed.head.borrow();
    let known = feed.epochs.as_ref().map(Epochs::newest).filter(|newest| head.epoch <= *newest);
    tokio::spawn(read(feed.databases.clone(), feed.shard, feed.last, limit, known))
}

/// `known`: the newest epoch that the feed has heard of, None when it has to look.
async fn read(
    databases: Databases,
    shard: Shard,
    after: Place,
    limit: PageLimit,
    known: Option<u64>,
) -> Result<Read, DatabaseError> {
    let mut tx = WorkerTx::begin(&databases, shard, &[]).await?;
    let page = read_shard_in_tx(&mut tx, shard, after.position, None, limit).await?;
    let newest = page.events.last().map_or(0, |event| event.epoch);
    let standing = match known {
        Some(known) if newest <= known => None,
        _ => Some(Standing::read_in_tx(&mut tx, shard).await?),
    };
    tx.commit().await?;
    Ok(Read { page, standing })
}

impl Feed for LedgerFeed {
    async fn next(&mut self) -> Result<Batch, FeedError> {
        loop {
            if let Some(batch) = self.step().await? {
                return Ok(batch);
            }
        }
    }
}
