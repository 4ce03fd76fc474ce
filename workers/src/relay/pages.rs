//! The ledger of one shard as messages, read once for all topics that stand at the same place.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, watch};
use xentri_domain::kernel::Area;
use xentri_domain::registry::event_kinds;
use xentri_ledger::{DatabaseError, PageLimit, RelayTx, Shard, StoredEvent, read_shard_in_tx};

use super::message::Message;
use super::parts::Parts;
use super::reads::SHORT;
use crate::feed::Place;
use crate::trouble::Trouble;

/// Pages that a topic a little behind may still find in memory.
const KEPT: usize = 8;
/// Of bodies: an event is a little larger on its way.
const PAGE_BYTES: u32 = 1 << 20;
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Messages and the contexts to which they belong.
pub(super) struct Page(pub(super) Vec<(Message, Option<Area>)>);

/// Read by whoever wants it first.
type Shared = Arc<OnceCell<Arc<Page>>>;

pub(super) struct Pages {
    parts: Arc<Parts>,
    shard: Shard,
    head: watch::Receiver<Place>,
    recent: Mutex<VecDeque<(u64, Shared)>>,
}

impl Pages {
    pub(super) fn of(parts: Arc<Parts>, shard: Shard, head: watch::Receiver<Place>) -> Self {
        Self { parts, shard, head, recent: Mutex::default() }
    }

    /// The events after `position`: at least one, which is waited for. A database that is away is waited for too.
    pub(super) async fn after(&self, position: u64) -> Arc<Page> {
        let mut trouble = Trouble::with(format!("reading shard {}", self.shard), LONGEST_PAUSE);
        loop {
            let mut head = self.head.clone();
            if head.wait_for(|head| head.position > position).await.is_err() {
                // Nobody looks at the heads any more: the shard is about to be left.
                std::future::pending::<()>().await;
            }
            let page = self.recent(position);
            match page.get_or_try_init(|| self.read(position)).await {
                Ok(page) => {
                    trouble.over();
                    return Arc::clone(page);
                }
                Err(error) => trouble.pause(&error).await,
            }
        }
    }

    /// Whoever asks for the same page meanwhile gets what the first one reads; others read their own.
    fn recent(&self, position: u64) -> Shared {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, page)) = recent.iter().find(|(after, _)| *after == position) {
            return Arc::clone(page);
        }
        let page = Arc::default();
        recent.push_back((position, Arc::clone(&page)));
        if recent.len() > KEPT {
            recent.pop_front();
        }
        page
    }

    async fn read(&self, position: u64) -> Result<Arc<Page>, DatabaseError> {
        let events = match self.read_with_others(position).await {
            Some(events) => events,
            None => self.read_alone(position).await?,
        };
        if events.is_empty() {
            let message =
                format!("shard {} has no event after {position} though its head is above", self.shard);
            return Err(DatabaseError::Unavailable(message));
        }
        let messages = events.iter().map(|event| (Message::of(event), context_of(event))).collect();
        Ok(Arc::new(Page(messages)))
    }

    async fn read_with_others(&self, position: u64) -> Option<Vec<StoredEvent>> {
        let behind = self.head.borrow().position.saturating_sub(position);
        if behind > SHORT.events.into() {
            return None;
        }
        self.parts.reads.after(self.shard, position).await
    }

    async fn read_alone(&self, position: u64) -> Result<Vec<StoredEvent>, DatabaseError> {
        let limit = PageLimit { events: self.parts.settings.page, bytes: PAGE_BYTES };
        let mut tx = RelayTx::begin(&self.parts.databases, self.shard).await?;
        let page = read_shard_in_tx(&mut tx, self.shard, position, None, limit).await?;
        tx.commit().await?;
        Ok(page.events)
    }
}

/// None when this program knows neither the event nor its type of stream: a newer one has to say.
fn context_of(event: &StoredEvent) -> Option<Area> {
    static KNOWN: LazyLock<HashMap<&'static str, Area>> = LazyLock::new(|| {
        let streams = event_kinds().map(|kind| (kind.stream_type, kind.context));
        streams.chain(event_kinds().map(|kind| (kind.type_name, kind.context))).collect()
    });
    KNOWN.get(&*event.type_name).or_else(|| KNOWN.get(&*event.stream_type)).copied()
}
