//! What all sockets of a process share: one tail for each org, one shape for all that show the same.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use moka::future::Cache;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::time::sleep;
use xentri_domain::kernel::OrgId;
use xentri_ledger::{
    Home, Ledger, PageLimit, StoredEvent, org_head_in_tx, read_org_in_tx, read_org_types_in_tx,
};

use super::budget::{Budget, Limits, Short};
use super::operation::Place;
use super::recent::{Part, Payload};
use super::render::Operation;
use super::shape::{self, Key, Shape, seq};
use super::stats::SocketStats;
use super::tail::{self, Tail};
use crate::OrgHeads;
use crate::graphql::error::ReadError;
use crate::graphql::reader::Reader;
use crate::graphql::views::{Shown, Topic};
use crate::graphql::{Reads, SubscriptionSettings};
use crate::places::OpenPlaces;

/// Of the last events that shapes keep, all together and each.
const ROOM: usize = 64 << 20;
const OF_ONE: (usize, usize) = (4 << 10, 1 << 20);
/// In bytes: a shape besides its text and its variables.
const SHAPE: usize = 4 << 10;
/// Parts that were read for who is behind, for others who come back to the same place.
const PARTS: u64 = 16 << 20;
const FRESH: Duration = Duration::from_secs(10);
/// Until what has panicked is tried again.
const AWAY: Duration = Duration::from_secs(1);
/// So many are read at once; queries need connections too.
const AT_ONCE: usize = 8;
const PART: PageLimit = PageLimit { events: 100, bytes: 128 << 10 };
/// How many events a statement looks at where only some types are wanted: no index has them.
const SCAN: u32 = 10_000;

pub(super) struct Hub {
    pub(super) reads: Reads,
    pub(super) heads: OrgHeads,
    pub(super) settings: SubscriptionSettings,
    /// Becomes true when the process is to stop.
    pub(super) stop: watch::Receiver<bool>,
    pub(super) places: OpenPlaces,
    pub(super) stats: SocketStats,
    tails: Mutex<HashMap<OrgId, Arc<Tail>>>,
    shapes: Mutex<Shapes>,
    budget: Arc<Budget>,
    parts: Cache<(Key, u64), Arc<Part>>,
    turns: Semaphore,
}

type Shapes = HashMap<Key, Arc<Shape>>;

impl Hub {
    pub(super) fn new(
        reads: Reads,
        heads: OrgHeads,
        settings: SubscriptionSettings,
        stop: watch::Receiver<bool>,
        limits: Limits,
    ) -> Self {
        let weigh = |_: &(Key, u64), part: &Arc<Part>| {
            let bytes: usize = part.payloads.iter().map(|payload| payload.len() + 64).sum();
            u32::try_from(bytes + 128).unwrap_or(u32::MAX)
        };
        let parts = Cache::builder().max_capacity(PARTS).weigher(weigh).time_to_live(FRESH).build();
        Self {
            reads,
            heads,
            places: OpenPlaces::new(settings.sockets_per_org, "sockets"),
            settings,
            stop,
            stats: SocketStats::new(),
            tails: Mutex::default(),
            shapes: Mutex::default(),
            budget: Budget::new(limits),
            parts,
            turns: Semaphore::new(AT_ONCE),
        }
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.reads.parts().ledger
    }

    /// For one moment.
    pub(super) async fn reader(&self, operation: &Operation) -> Result<Arc<Reader>, ReadError> {
        Ok(Arc::new(self.reads.reader(&operation.principal, operation.language).await?))
    }

    /// Becomes ready once.
    pub(super) async fn stopped(&self) {
        // Who could say so has gone: the same.
        let _ = self.stop.clone().wait_for(|stop| *stop).await;
    }

    pub(super) fn tail(self: &Arc<Self>, home: Home) -> (Arc<Tail>, watch::Receiver<Option<u64>>) {
        let mut tails = locked(&self.tails);
        if let Some(tail) = tails.get(&home.org()) {
            return (tail.clone(), tail.listen());
        }
        let tail = Arc::new(Tail::new(home));
        let listen = tail.listen();
        tails.insert(home.org(), tail.clone());
        let (hub, followed) = (self.clone(), tail.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = hub.stopped() => {}
                () = follow(&hub, &followed) => {}
            }
        });
        (tail, listen)
    }

    /// Whether it was forgotten: nobody listens, and nobody can from now on.
    pub(super) fn forget_tail(&self, tail: &Tail) -> bool {
        let mut tails = locked(&self.tails);
        let idle = !tail.is_listened_to();
        if idle {
            tails.remove(&tail.home.org());
        }
        idle
    }

    /// And a sign of everything new in it.
    pub(super) fn shape(
        self: &Arc<Self>,
        home: Home,
        topic: &Topic,
        operation: &Operation,
    ) -> Result<(Arc<Shape>, watch::Receiver<()>), Short> {
        let key = shape::key(home.org(), topic, operation);
        let mut shapes = locked(&self.shapes);
        if let Some(shape) = shapes.get(&key) {
            return Ok((shape.clone(), shape.listen()));
        }
        let itself = SHAPE + operation.weight();
        let held = self.budget.take(home.org(), itself).or_else(|short| {
            forget_idle(&mut shapes, home.org(), short);
            self.budget.take(home.org(), itself)
        })?;
        let (tail, upto) = self.tail(home);
        let from = upto.borrow().unwrap_or_default();
        let shape = Arc::new(Shape::new(key, topic.clone(), operation.clone(), from, held));
        let listen = shape.listen();
        shapes.insert(key, shape.clone());
        let (hub, kept) = (self.clone(), shape.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = hub.stopped() => {}
                ended = AssertUnwindSafe(shape::keep(&hub, &kept, tail, upto)).catch_unwind() => {
                    if ended.is_err() {
                        kept.fail(ReadError::Unreadable("a subscription"));
                    }
                    hub.forget_ended(&kept);
                }
            }
        });
        Ok((shape, listen))
    }

    pub(super) fn forget_shape(&self, shape: &Shape) -> bool {
        let mut shapes = locked(&self.shapes);
        let idle = !shape.is_listened_to();
        if idle {
            forget(&mut shapes, shape);
        }
        idle
    }

    /// Whoever comes now begins anew.
    fn forget_ended(&self, ended: &Shape) {
        forget(&mut locked(&self.shapes), ended);
    }

    /// By letting go of what is kept for those who may come back.
    pub(super) fn make_room(&self, org: OrgId, short: Short) {
        forget_idle(&mut locked(&self.shapes), org, short);
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> super::budget::Share {
        self.budget.taken().0
    }

    /// For how many bytes of events each shape has room.
    pub(super) fn room(&self) -> usize {
        let shapes = locked(&self.shapes).len().max(1);
        (ROOM / shapes).clamp(OF_ONE.0, OF_ONE.1)
    }

    /// To read. Whoever has one must not ask for another.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>, ReadError> {
        self.turns.acquire().await.map_err(|_| ReadError::Timeout)
    }

    /// For somebody who is further behind than what is kept. `end`: up to there all can be read.
    pub(super) async fn part(&self, shape: &Shape, after: u64, end: u64) -> Result<Arc<Part>, ReadError> {
        let read = async {
            let (events, upto) = self.read(shape, after, end).await?;
            Ok(Arc::new(Part { payloads: events.into_iter().map(|(_, payload)| payload).collect(), upto }))
        };
        let part = self.parts.try_get_with((shape.key, after), read).await;
        part.map_err(|error: Arc<ReadError>| (*error).clone())
    }

    /// From the ledger: what the shape shows, and how far it was looked for.
    pub(super) async fn read(
        &self,
        shape: &Shape,
        after: u64,
        end: u64,
    ) -> Result<(Vec<(u64, Payload)>, u64), ReadError> {
        let _turn = self.turn().await?;
        let reader = self.reader(&shape.operation).await?;
        let (events, upto) = events(&reader, &shape.topic, after).await?;
        let events: Vec<_> = events.into_iter().filter(|event| event.org_seq <= end).collect();
        let rows = tail::rows(&events)?;
        let shown = rows.iter().cloned().map(Shown::Event).collect();
        let payloads = shape.operation.show(self, reader, shown).await?;
        let numbers = rows.iter().map(|row| seq(row.org_seq));
        Ok((numbers.zip(payloads).collect(), upto.min(end)))
    }

    /// That there is such an event.
    pub(super) async fn check(&self, operation: &Operation, place: Place) -> Result<(), ReadError> {
        let Place::After(after) = place else { return Ok(()) };
        let reader = self.reader(operation).await?;
        let head = org_head_in_tx(&mut *reader.tx().await?).await?.map_or(0, |head| head.org_seq);
        if after > head { Err(ReadError::Ahead(head)) } else { Ok(()) }
    }
}

/// All who listen rely on it: a panic ends one attempt.
async fn follow(hub: &Hub, tail: &Tail) {
    while AssertUnwindSafe(tail::follow(hub, tail)).catch_unwind().await.is_err() {
        sleep(AWAY).await;
    }
}

async fn events(reader: &Reader, topic: &Topic, after: u64) -> Result<(Vec<StoredEvent>, u64), ReadError> {
    let mut tx = reader.tx().await?;
    if let Topic::Events { types: Some(types), .. } = topic {
        let page = read_org_types_in_tx(&mut tx, after, types, PART, SCAN).await?;
        return Ok((page.events, page.next_after));
    }
    let page = read_org_in_tx(&mut tx, after, PART).await?;
    let upto = page.events.last().map_or(after, |event| event.org_seq);
    Ok((page.events, upto))
}

/// Another may stand in its place.
fn forget(shapes: &mut Shapes, shape: &Shape) {
    if shapes.get(&shape.key).is_some_and(|kept| std::ptr::eq(Arc::as_ptr(kept), shape)) {
        shapes.remove(&shape.key);
    }
}

/// Of the org, or of all where all are short.
fn forget_idle(shapes: &mut Shapes, org: OrgId, short: Short) {
    shapes.retain(|_, shape| {
        let others = short != Short::All && shape.org() != org;
        let stays = others || shape.is_listened_to();
        if !stays {
            // Its task ends with it, if not at once.
            shape.fail(ReadError::Keys);
        }
        stays
    });
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
