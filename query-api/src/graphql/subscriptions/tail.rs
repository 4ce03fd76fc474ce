//! An org as it goes on, read once for all who listen to it: what happened, and which rows it touched.
//!
//! What is told can be read at once: each page waits until the read models have come to its last event. A read model that stands
//! still holds up what is told, and nothing of it is lost.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;
use xentri_ledger::{Home, PageLimit, StoredEvent, TenantTx, org_head_in_tx, read_org_in_tx};
use xentri_projections::audit::{Audit, AuditRow};
use xentri_projections::invoices::Invoices;
use xentri_projections::kit::{LedgerEvent, Projection};
use xentri_projections::leads::Leads;
use xentri_projections::pulse::PulseItems;
use xentri_projections::pulse_dismissals::PulseDismissals;
use xentri_schemas::Reading;

use super::hub::Hub;
use crate::checkpoints::Awaited;
use crate::graphql::error::ReadError;
use crate::graphql::reads::EVERYTHING;
use crate::graphql::views::Topic;

const PAGE: PageLimit = PageLimit { events: 256, bytes: 512 << 10 };
/// Events of an org that are kept; who is further behind reads for itself.
const KEPT: u64 = 512;
const AWAY: Duration = Duration::from_millis(500);
/// So often it is asked whether anybody listens still.
const IDLE: Duration = Duration::from_secs(5);

pub(super) struct Tail {
    pub(super) home: Home,
    /// Up to here all can be read; None before that is known.
    upto: watch::Sender<Option<u64>>,
    pages: Mutex<VecDeque<Arc<Page>>>,
}

/// All events of a stretch that this program knows.
pub(super) struct Page {
    after: u64,
    pub(super) upto: u64,
    pub(super) rows: Vec<Arc<AuditRow>>,
    leads: HashSet<Uuid>,
    invoices: HashSet<Uuid>,
    pulse: bool,
}

impl Tail {
    pub(super) fn new(home: Home) -> Self {
        Self { home, upto: watch::Sender::default(), pages: Mutex::default() }
    }

    pub(super) fn listen(&self) -> watch::Receiver<Option<u64>> {
        self.upto.subscribe()
    }

    pub(super) fn is_listened_to(&self) -> bool {
        self.upto.receiver_count() > 0
    }

    /// What came behind that event; None where it is not kept.
    pub(super) fn since(&self, after: u64) -> Option<Vec<Arc<Page>>> {
        let pages = self.pages();
        let first = pages.front()?;
        (first.after <= after).then(|| pages.iter().filter(|page| page.upto > after).cloned().collect())
    }

    /// Whether what came behind that event may have changed what is shown.
    pub(super) fn touches(&self, after: u64, topic: &Topic) -> bool {
        let touches = |page: &Arc<Page>| match topic {
            Topic::Lead(id) => page.leads.contains(id),
            Topic::Invoice(id) => page.invoices.contains(id),
            Topic::Pulse(_) => page.pulse,
            Topic::Events { .. } => true,
        };
        self.since(after).is_none_or(|pages| pages.iter().any(touches))
    }

    fn push(&self, page: Page) {
        let upto = page.upto;
        let mut pages = self.pages();
        pages.push_back(Arc::new(page));
        while pages.len() > 1 && pages.front().is_some_and(|first| first.upto + KEPT < upto) {
            pages.pop_front();
        }
        drop(pages);
        self.upto.send_replace(Some(upto));
    }

    fn pages(&self) -> MutexGuard<'_, VecDeque<Arc<Page>>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Until nobody listens.
pub(super) async fn follow(hub: &Hub, tail: &Tail) {
    let mut head = hub.heads.of(tail.home);
    // After a panic it goes on where it was.
    let known = *tail.upto.borrow();
    let mut at = match known {
        Some(upto) => upto,
        None => patiently(|| begin(hub, tail)).await,
    };
    tail.upto.send_replace(Some(at));
    loop {
        let end = *head.borrow_and_update();
        while at < end {
            at = patiently(|| step(hub, tail, at)).await;
        }
        if matches!(timeout(IDLE, head.changed()).await, Ok(Err(_))) || hub.forget_tail(tail) {
            return;
        }
    }
}

async fn patiently<F: Future<Output = Result<u64, ReadError>>>(again: impl Fn() -> F) -> u64 {
    let mut told = false;
    loop {
        match again().await {
            Ok(at) => return at,
            Err(error) if !std::mem::replace(&mut told, true) => {
                tracing::warn!(%error, "subscriptions can't be told of what is new");
            }
            Err(_) => {}
        }
        sleep(AWAY).await;
    }
}

async fn begin(hub: &Hub, tail: &Tail) -> Result<u64, ReadError> {
    let mut tx = TenantTx::read(hub.ledger().databases(), tail.home).await?;
    let head = org_head_in_tx(&mut tx).await?;
    tx.commit().await?;
    let Some(head) = head else { return Ok(0) };
    readable(hub, tail, (head.epoch, head.position)).await;
    Ok(head.org_seq)
}

async fn step(hub: &Hub, tail: &Tail, at: u64) -> Result<u64, ReadError> {
    let mut tx = TenantTx::read(hub.ledger().databases(), tail.home).await?;
    let found = read_org_in_tx(&mut tx, at, PAGE).await?;
    tx.commit().await?;
    let Some(last) = found.events.last() else { return Ok(at) };
    let (upto, place) = (last.org_seq, (last.epoch, last.position));
    let page = Page::of(at, upto, &found.events)?;
    readable(hub, tail, place).await;
    tail.push(page);
    Ok(upto)
}

async fn readable(hub: &Hub, tail: &Tail, place: (u64, u64)) {
    let awaited = Awaited { shard: tail.home.shard(), place, models: EVERYTHING };
    while !hub
        .reads
        .parts()
        .consistency
        .checkpoints()
        .passed(awaited, Instant::now() + Duration::from_mins(1))
        .await
    {
        sleep(AWAY).await;
    }
}

impl Page {
    fn of(after: u64, upto: u64, events: &[StoredEvent]) -> Result<Self, ReadError> {
        let (rows, leads, invoices) = (Vec::with_capacity(events.len()), HashSet::new(), HashSet::new());
        let mut page = Self { after, upto, rows, leads, invoices, pulse: false };
        for event in events {
            let Some(event) = decoded(event)? else { continue };
            page.rows.extend(row(&event)?);
            page.leads.extend(Leads::keys(&event));
            page.invoices.extend(Invoices::keys(&event));
            page.pulse |= !PulseItems::keys(&event).is_empty() || !PulseDismissals::keys(&event).is_empty();
        }
        Ok(page)
    }
}

/// As the history has them; None for those of a newer release, which it has not.
pub(super) fn rows(events: &[StoredEvent]) -> Result<Vec<Arc<AuditRow>>, ReadError> {
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        if let Some(event) = decoded(event)? {
            rows.extend(row(&event)?);
        }
    }
    Ok(rows)
}

fn row(event: &LedgerEvent) -> Result<Option<Arc<AuditRow>>, ReadError> {
    let row = Audit::fold(event.envelope.id.uuid(), None, event);
    Ok(row.map_err(|_| ReadError::Unreadable("an event of the ledger"))?.map(Arc::new))
}

/// What is personal stays sealed.
fn decoded(event: &StoredEvent) -> Result<Option<LedgerEvent>, ReadError> {
    let envelope = match event.decode() {
        Ok(Reading::Event(envelope)) => envelope,
        Ok(_) => return Ok(None),
        Err(_) => return Err(ReadError::Unreadable("an event of the ledger")),
    };
    let StoredEvent { shard, epoch, position, org_seq, recorded_at, .. } = *event;
    Ok(Some(LedgerEvent { shard, epoch, position, org_seq, recorded_at, envelope }))
}
