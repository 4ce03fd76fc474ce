//! What several subscriptions show alike: the same words about the same things to people who may read the same. It is read and
//! written once for all of them, by a task of its own, as long as there are any and for a while after, so that clients who come
//! back find what they missed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_graphql::Variables;
use async_graphql::parser::types::{ExecutableDocument, Selection};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;
use xentri_domain::kernel::OrgId;
use xentri_projections::invoices::invoice_in_tx;
use xentri_projections::kit::RowPage;
use xentri_projections::leads::lead_in_tx;
use xentri_projections::pulse::{ItemPlace, Look, PulseItemRow, items_in_tx};

use super::budget::{Held, Short};
use super::hub::Hub;
use super::recent::{Payload, Recent, Rows, Seen, weight};
use super::render::{Operation, passes};
use super::tail::Tail;
use crate::graphql::document::chosen;
use crate::graphql::error::ReadError;
use crate::graphql::reader::Reader;
use crate::graphql::views::{Shown, Topic};

pub(super) type Key = [u8; 32];

/// Of a page of events.
const AT_ONCE: usize = 100;
/// So long a shape outlives its last subscription.
const LINGERS: Duration = Duration::from_secs(30);
const LOOKS: Duration = Duration::from_secs(5);
/// What changes without an event is seen by then: items that become visible, rows that were held back.
const REFRESH: Duration = Duration::from_secs(30);
/// Items of a whole scope are read for one change; more of them at once are one.
const PULSE_PAUSE: Duration = Duration::from_millis(100);
/// Of a scope, in pages of a hundred.
const PAGES: usize = 10;
const AWAY: Duration = Duration::from_millis(500);

pub(super) struct Shape {
    pub(super) key: Key,
    pub(super) topic: Topic,
    pub(super) operation: Operation,
    /// Moves with everything new.
    news: watch::Sender<()>,
    kept: Mutex<Kept>,
    held: Held,
}

pub(super) enum Kept {
    Events(Recent),
    Rows(Rows),
    /// It is over.
    Failed(ReadError),
}

impl Shape {
    /// `from`: the last event that is not to be shown.
    pub(super) fn new(key: Key, topic: Topic, operation: Operation, from: u64, held: Held) -> Self {
        let kept = match topic {
            Topic::Events { .. } => Kept::Events(Recent::new(from)),
            _ => Kept::Rows(Rows::default()),
        };
        Self { key, topic, operation, news: watch::Sender::default(), kept: Mutex::new(kept), held }
    }

    pub(super) fn listen(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    pub(super) fn is_listened_to(&self) -> bool {
        self.news.receiver_count() > 0
    }

    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Of those that it shows.
    pub(super) fn wants(&self, event_type: &str) -> bool {
        match &self.topic {
            Topic::Events { types: Some(types), .. } => types.contains(&event_type),
            _ => true,
        }
    }

    /// Of events: how far they are kept.
    fn upto(&self) -> Option<u64> {
        match &*self.kept() {
            Kept::Events(recent) => Some(recent.upto()),
            _ => None,
        }
    }

    pub(super) fn org(&self) -> OrgId {
        self.held.org()
    }

    /// For somebody who comes now and has seen nothing.
    pub(super) fn begin(&self) -> Seen {
        match &*self.kept() {
            Kept::Rows(rows) => rows.begin(),
            _ => Seen::default(),
        }
    }

    /// It ends, and nothing of it is kept.
    pub(super) fn fail(&self, error: ReadError) {
        *self.kept() = Kept::Failed(error);
        self.held.give_back();
        self.news.send_replace(());
    }

    fn is_over(&self) -> bool {
        matches!(&*self.kept(), Kept::Failed(_))
    }

    /// The rows as they are now, where there is room for them. It ends where it is no shape of rows.
    fn show(&self, rows: Vec<(Uuid, Payload)>) -> Result<(), Short> {
        let mut kept = self.kept();
        let Kept::Rows(shown) = &mut *kept else { return Ok(()) };
        self.held.shows(weight(&rows))?;
        if shown.become_now(rows) {
            drop(kept);
            self.news.send_replace(());
        }
        Ok(())
    }

    fn push(&self, events: Vec<(u64, Payload)>, upto: u64, room: usize) {
        if let Kept::Events(recent) = &mut *self.kept() {
            recent.push(events, upto, room);
        }
        self.news.send_replace(());
    }
}

/// Subscriptions that have the same one may share what they show.
pub(super) fn key(org: OrgId, topic: &Topic, operation: &Operation) -> Key {
    let Operation { document, name, variables, principal, language } = operation;
    let mut variables = variables.clone();
    if let Topic::Events { .. } = topic {
        leave_out_place(&document.parsed, name.as_deref(), &mut variables);
    }
    // Whose inbox it is decides what is seen of Pulse, and of nothing else.
    let inbox = matches!(topic, Topic::Pulse(_)).then(|| principal.actor());
    let types = match topic {
        Topic::Events { types, .. } => types.as_ref(),
        _ => None,
    };
    let variables = serde_json::to_string(&variables).unwrap_or_default();
    let what = format!("{name:?} {variables} {types:?} {:?} {language:?} {inbox:?}", principal.grants());
    let mut hash = Sha256::new();
    hash.update(org.uuid().as_bytes());
    hash.update(document.hash);
    hash.update(what.as_bytes());
    hash.finalize().into()
}

/// Where somebody goes on is their own matter. No other argument takes such a value, so nothing else depends on it.
fn leave_out_place(document: &ExecutableDocument, name: Option<&str>, variables: &mut Variables) {
    let Some(operation) = chosen(document, name) else { return };
    for selection in &operation.selection_set.node.items {
        let Selection::Field(field) = &selection.node else { continue };
        // As it is written: a text would have quotes.
        let after = field.node.get_argument("after").map(|after| after.node.to_string());
        if let Some(name) = after.as_deref().and_then(|after| after.strip_prefix('$')) {
            variables.remove(name);
        }
    }
}

/// Until nobody has listened for a while.
pub(super) async fn keep(hub: &Hub, shape: &Shape, tail: Arc<Tail>, upto: watch::Receiver<Option<u64>>) {
    match shape.topic {
        Topic::Events { .. } => keep_events(hub, shape, &tail, upto).await,
        _ => keep_rows(hub, shape, &tail, upto).await,
    }
}

/// Whether it has had nobody for so long that it ends.
struct Company(Instant);

impl Company {
    fn has_left(&mut self, hub: &Hub, shape: &Shape) -> bool {
        if shape.is_listened_to() {
            self.0 = Instant::now();
        }
        shape.is_over() || (self.0.elapsed() > LINGERS && hub.forget_shape(shape))
    }
}

async fn keep_events(hub: &Hub, shape: &Shape, tail: &Tail, mut upto: watch::Receiver<Option<u64>>) {
    let mut company = Company(Instant::now());
    // Asked anew each time: of what could not be read to the end, a part may have come.
    while let Some(at) = shape.upto() {
        let end = upto.borrow_and_update().unwrap_or(at);
        if at < end {
            match advance(hub, shape, tail, at, end).await {
                Ok(next) if next > at => continue,
                Err(error) if !passes(&error) => return shape.fail(error),
                _ => sleep(AWAY).await,
            }
            if company.has_left(hub, shape) {
                return;
            }
            continue;
        }
        tokio::select! {
            moved = upto.changed() => if moved.is_err() { return },
            () = sleep(LOOKS) => {}
        }
        if company.has_left(hub, shape) {
            return;
        }
    }
}

/// One step nearer to the end.
async fn advance(hub: &Hub, shape: &Shape, tail: &Tail, at: u64, end: u64) -> Result<u64, ReadError> {
    let Some(pages) = tail.since(at) else {
        let (events, upto) = hub.read(shape, at, end).await?;
        shape.push(events, upto, hub.room());
        return Ok(upto);
    };
    let mut upto = at;
    for page in pages {
        let rows = page.rows.iter().filter(|row| shape.wants(&row.event_type));
        let rows: Vec<_> = rows.filter(|row| seq(row.org_seq) > at).cloned().collect();
        for some in rows.chunks(AT_ONCE) {
            // The rest is at hand.
            let _turn = if shape.operation.document.payloads { Some(hub.turn().await?) } else { None };
            let reader = hub.reader(&shape.operation).await?;
            let shown = some.iter().cloned().map(Shown::Event).collect();
            let payloads = shape.operation.show(hub, reader, shown).await?;
            let numbers = some.iter().map(|row| seq(row.org_seq));
            let last = some.last().map_or(upto, |row| seq(row.org_seq));
            shape.push(numbers.zip(payloads).collect(), last, hub.room());
            upto = last;
        }
        upto = page.upto;
        shape.push(Vec::new(), upto, hub.room());
    }
    Ok(upto)
}

pub(super) fn seq(org_seq: i64) -> u64 {
    u64::try_from(org_seq).unwrap_or_default()
}

async fn keep_rows(hub: &Hub, shape: &Shape, tail: &Tail, mut upto: watch::Receiver<Option<u64>>) {
    let mut company = Company(Instant::now());
    loop {
        // Before it is read: what comes in between is looked at once more.
        let at = *upto.borrow_and_update();
        let mut refresh = Instant::now() + REFRESH;
        match now(hub, shape).await {
            Ok(rows) => {
                if let Err(short) = shape.show(rows.clone()) {
                    hub.make_room(shape.org(), short);
                    if let Err(short) = shape.show(rows) {
                        return shape.fail(short.into());
                    }
                }
                if matches!(shape.topic, Topic::Pulse(_)) {
                    sleep(PULSE_PAUSE).await;
                }
            }
            Err(error) if !passes(&error) => return shape.fail(error),
            Err(_) => refresh = Instant::now() + AWAY,
        }
        loop {
            let looks = refresh.min(Instant::now() + LOOKS);
            tokio::select! {
                moved = upto.changed() => if moved.is_err() { return },
                () = sleep_until(looks) => {}
            }
            if company.has_left(hub, shape) {
                return;
            }
            let moved = *upto.borrow_and_update() != at;
            let touched = moved && at.is_none_or(|at| tail.touches(at, &shape.topic));
            if touched || Instant::now() >= refresh {
                break;
            }
        }
    }
}

/// The rows in the shape's words.
async fn now(hub: &Hub, shape: &Shape) -> Result<Vec<(Uuid, Payload)>, ReadError> {
    let _turn = hub.turn().await?;
    let reader = hub.reader(&shape.operation).await?;
    let shown = match &shape.topic {
        Topic::Lead(id) => {
            let row = lead_in_tx(&mut *reader.tx().await?, *id).await?;
            vec![(*id, Shown::Lead(row.map(Arc::new)))]
        }
        Topic::Invoice(id) => {
            let row = invoice_in_tx(&mut *reader.tx().await?, *id).await?;
            vec![(*id, Shown::Invoice(row.map(Arc::new)))]
        }
        Topic::Pulse(scope) => {
            let user = reader.principal.actor().user();
            let look = Look { scope: *scope, reader: user, now: reader.now, first: 100, after: None };
            let items = items(&reader, look).await?;
            items.into_iter().map(|item| (item.item_id, Shown::Item(Arc::new(item)))).collect()
        }
        Topic::Events { .. } => Vec::new(),
    };
    let (ids, shown): (Vec<Uuid>, Vec<Shown>) = shown.into_iter().unzip();
    let payloads = shape.operation.show(hub, reader, shown).await?;
    Ok(ids.into_iter().zip(payloads).collect())
}

async fn items(reader: &Reader, mut look: Look) -> Result<Vec<PulseItemRow>, ReadError> {
    let mut items = Vec::new();
    for _ in 0..PAGES {
        let RowPage { rows, has_more } = items_in_tx(&mut *reader.tx().await?, &look).await?;
        look.after = rows.last().map(ItemPlace::of);
        items.extend(rows);
        if !has_more {
            break;
        }
    }
    Ok(items)
}
