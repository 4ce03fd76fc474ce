//! The ledger in pages: an org by its own order, or every shard by its own, several side by side.
//!
//! Where each ends is settled before the first page, so that what is appended meanwhile is in none. Each page is a transaction
//! of its own, for a long one keeps the dead rows of every table alive.

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use xentri_domain::kernel::Timestamp;
use xentri_ledger::{
    Home, Ledger, PageLimit, Shard, ShardHead, StoredEvent, TenantTx, WorkerTx, org_head_in_tx,
    read_org_in_tx, read_shard_in_tx, shard_heads_in_tx,
};
use xentri_schemas::Digest;

use super::error::ReplayError;
use super::wanted::{Until, Wanted, Whose};
use crate::runtime::{Incoming, open_in_tx, read as decode};

const PAGE: PageLimit = PageLimit { events: 2000, bytes: 8 << 20 };

/// So many shards at once, each with a connection.
const SIDE_BY_SIDE: usize = 4;

/// Pages that wait to be folded, of all shards together.
const AHEAD: usize = 4;

/// The last event that counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    pub recorded_at: Timestamp,
    /// In the order of its org.
    pub org_seq: u64,
    pub hash: Digest,
}

pub(super) struct Page {
    /// Those that may touch a row.
    pub(super) events: Vec<Incoming>,
    /// How many events were looked at.
    pub(super) read: u64,
    pub(super) last: Option<Last>,
}

/// Reads as long as it is there.
pub(super) struct Reading {
    pages: mpsc::Receiver<Result<Page, ReplayError>>,
    _readers: JoinSet<()>,
}

impl Reading {
    /// The pages of a shard in their order, those of several in any.
    pub(super) async fn next(&mut self) -> Result<Option<Page>, ReplayError> {
        self.pages.recv().await.transpose()
    }
}

/// Of the types of stream that are named; of all where none is.
pub(super) fn read(
    ledger: &Ledger,
    streams: &'static [&'static str],
    wanted: Wanted,
    ranges: &[Range],
) -> Reading {
    let (sender, pages) = mpsc::channel(AHEAD);
    let places = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut readers = JoinSet::new();
    for range in ranges {
        let (sender, places) = (sender.clone(), places.clone());
        let reader = Reader { ledger: ledger.clone(), streams, wanted, range: *range };
        readers.spawn(async move {
            // Nobody closes it.
            let _place = places.acquire().await;
            reader.read_all(&sender).await;
        });
    }
    Reading { pages, _readers: readers }
}

/// Events by their numbers, up to and with `head`.
#[derive(Clone, Copy)]
pub(super) struct Range {
    of: Numbers,
    head: u64,
}

impl Range {
    /// The numbers have no gaps.
    pub(super) fn events(&self) -> u64 {
        self.head
    }
}

/// Where everything that is wanted ends now.
pub(super) async fn ranges(ledger: &Ledger, wanted: Wanted) -> Result<Vec<Range>, ReplayError> {
    match wanted.whose {
        Whose::Org(home) => Ok(org(ledger, home, wanted.until).await?.into_iter().collect()),
        Whose::All => shards(ledger).await,
    }
}

#[derive(Clone, Copy)]
enum Numbers {
    Org(Home),
    Shard(Shard),
}

async fn org(ledger: &Ledger, home: Home, until: Until) -> Result<Option<Range>, ReplayError> {
    let mut tx = TenantTx::read(ledger.databases(), home).await?;
    let head = org_head_in_tx(&mut tx).await?;
    tx.commit().await?;
    let last = match until {
        Until::OrgSeq(last) => last,
        Until::Now | Until::Moment(_) => u64::MAX,
    };
    Ok(head.map(|head| Range { of: Numbers::Org(home), head: head.org_seq.min(last) }))
}

async fn shards(ledger: &Ledger) -> Result<Vec<Range>, ReplayError> {
    let mut ranges = Vec::new();
    for database in ledger.databases().shard_map().databases() {
        let Some(first) = database.shards.first() else { continue };
        let mut tx = WorkerTx::begin(ledger.databases(), *first, &[]).await?;
        let heads = shard_heads_in_tx(&mut tx, &database.shards).await?;
        tx.commit().await?;
        let range =
            |(shard, head): (Shard, ShardHead)| Range { of: Numbers::Shard(shard), head: head.position };
        ranges.extend(heads.into_iter().map(range));
    }
    Ok(ranges)
}

struct Reader {
    ledger: Ledger,
    streams: &'static [&'static str],
    wanted: Wanted,
    range: Range,
}

impl Reader {
    /// Ends with the last page, after an error, or when nobody wants more.
    async fn read_all(&self, pages: &mpsc::Sender<Result<Page, ReplayError>>) {
        let mut after = 0;
        while after < self.range.head {
            let page = self.page(after).await.map(|(page, next)| {
                after = next;
                page
            });
            let failed = page.is_err();
            if pages.send(page).await.is_err() || failed {
                return;
            }
        }
    }

    /// And after which number to go on; at the end, that of the last one.
    async fn page(&self, after: u64) -> Result<(Page, u64), ReplayError> {
        let (mut stored, shard) = match self.range.of {
            Numbers::Org(home) => (self.of_org(home, after).await?, home.shard()),
            Numbers::Shard(shard) => (self.of_shard(shard, after).await?, shard),
        };
        let whole = stored.len();
        stored.retain(|event| self.counts(event));
        let ended = stored.len() < whole || stored.is_empty();
        let next = stored.last().filter(|_| !ended).map_or(self.range.head, |event| self.number(event));
        let read = stored.len() as u64;
        let last = stored.last().map(|event| Last {
            recorded_at: event.recorded_at,
            org_seq: event.org_seq,
            hash: event.hash,
        });
        let mut events = self.decoded(&stored)?;
        if self.wanted.opens && !events.is_empty() {
            let mut tx = WorkerTx::begin(self.ledger.databases(), shard, &[]).await?;
            open_in_tx(&mut tx, self.ledger.keys(), shard, &mut events).await?;
            tx.commit().await?;
        }
        Ok((Page { events, read, last }, next))
    }

    async fn of_org(&self, home: Home, after: u64) -> Result<Vec<StoredEvent>, ReplayError> {
        let mut tx = TenantTx::read(self.ledger.databases(), home).await?;
        let page = read_org_in_tx(&mut tx, after, PAGE).await?;
        tx.commit().await?;
        Ok(page.events)
    }

    async fn of_shard(&self, shard: Shard, after: u64) -> Result<Vec<StoredEvent>, ReplayError> {
        let mut tx = WorkerTx::begin(self.ledger.databases(), shard, &[]).await?;
        let page = read_shard_in_tx(&mut tx, shard, after, Some(self.range.head), PAGE).await?;
        tx.commit().await?;
        Ok(page.events)
    }

    fn number(&self, event: &StoredEvent) -> u64 {
        match self.range.of {
            Numbers::Org(_) => event.org_seq,
            Numbers::Shard(_) => event.position,
        }
    }

    /// What was recorded never falls in a shard: the first that does not count is the end.
    fn counts(&self, event: &StoredEvent) -> bool {
        let in_time = match self.wanted.until {
            Until::Moment(moment) => event.recorded_at <= moment,
            Until::Now | Until::OrgSeq(_) => true,
        };
        in_time && self.number(event) <= self.range.head
    }

    /// What touches no row is not even parsed.
    fn decoded(&self, stored: &[StoredEvent]) -> Result<Vec<Incoming>, ReplayError> {
        let matters =
            |event: &&StoredEvent| self.streams.is_empty() || self.streams.contains(&&*event.stream_type);
        let known = stored.iter().filter(matters).filter_map(|event| decode(event).transpose());
        known.collect::<Result<_, _>>().map_err(ReplayError::NotReadable)
    }
}
