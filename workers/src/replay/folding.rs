//! Pages on their way into rows.

use std::collections::{BTreeMap, HashSet};

use sqlx::Row as _;
use uuid::Uuid;
use xentri_domain::kernel::{EventId, OrgId};
use xentri_ledger::{Ledger, WorkerTx};
use xentri_projections::kit::{Build, BuiltTable, KeyPart, ReadModel, Took};

use super::Replayed;
use super::error::ReplayError;
use super::made::MadeTable;
use super::reading::{Last, Page};
use super::spool::Run;
use crate::runtime::Incoming;

/// An event that is in no row: it can't be folded, or it touches a row of one that can't and came before it. In the live
/// read model it is parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub org: OrgId,
    pub event: EventId,
    /// None for one that only waits.
    pub error: Option<String>,
}

pub(super) struct Folding<'m> {
    model: &'m dyn ReadModel,
    build: Box<dyn Build>,
    /// Bytes of rows at once.
    memory: usize,
    /// Parts that this one has given up.
    given: Vec<KeyPart>,
    /// Of each table, what waits on the disk.
    runs: Vec<Vec<Run>>,
    /// What the last part has made, where there is no other.
    built: Vec<Box<dyn BuiltTable>>,
    /// Left out for good, as rebuilds do.
    discards: HashSet<EventId>,
    discarded: HashSet<EventId>,
    held: BTreeMap<(OrgId, EventId), Option<String>>,
    last: Option<Last>,
}

impl<'m> Folding<'m> {
    pub(super) async fn begin(
        ledger: &Ledger,
        model: &'m dyn ReadModel,
        memory: usize,
    ) -> Result<Self, ReplayError> {
        Ok(Self {
            model,
            build: model.build(KeyPart::WHOLE),
            memory,
            given: Vec::new(),
            runs: Vec::new(),
            built: Vec::new(),
            discards: discards(ledger, model.name()).await?,
            discarded: HashSet::new(),
            held: BTreeMap::new(),
            last: None,
        })
    }

    pub(super) fn begin_part(&mut self, part: KeyPart) {
        self.build = self.model.build(part);
    }

    pub(super) fn take(&mut self, page: &Page) -> Result<(), ReplayError> {
        for incoming in &page.events {
            self.take_one(incoming);
        }
        let is_later =
            |last: &&Last| self.last.as_ref().is_none_or(|other| other.recorded_at <= last.recorded_at);
        if let Some(last) = page.last.as_ref().filter(is_later) {
            self.last = Some(last.clone());
        }
        while self.build.bytes() > self.memory {
            if self.build.is_ready() {
                self.spool()?;
                break;
            }
            let Some(given) = self.build.split() else { break };
            self.given.push(given);
        }
        Ok(())
    }

    fn take_one(&mut self, Incoming { event, fault }: &Incoming) {
        let id = event.envelope.id;
        if self.discards.contains(&id) {
            self.discarded.insert(id);
            return;
        }
        let error = match fault {
            None => match self.build.fold(event) {
                Took::Held(error) => error.map(|error| error.to_string()),
                Took::Folded | Took::Passed => return,
            },
            Some(fault) => {
                if !self.build.hold(event) {
                    return;
                }
                Some(fault.clone())
            }
        };
        // In another part it may only have waited.
        let said = self.held.entry((event.org(), id)).or_default();
        *said = said.take().or(error);
    }

    /// The parts that are still to be made. What this one has made goes to the disk where it is not the only one.
    pub(super) fn end_part(&mut self) -> Result<Vec<KeyPart>, ReplayError> {
        if self.runs.is_empty() && self.given.is_empty() {
            self.built = self.build.take().tables();
        } else {
            self.spool()?;
        }
        Ok(std::mem::take(&mut self.given))
    }

    fn spool(&mut self) -> Result<(), ReplayError> {
        let mut tables = self.build.take().tables();
        self.runs.resize_with(tables.len(), Vec::new);
        for (table, runs) in tables.iter_mut().zip(&mut self.runs) {
            runs.push(Run::of(&mut **table)?);
        }
        Ok(())
    }

    pub(super) fn end(self, events: u64) -> Replayed {
        let tables = if self.runs.is_empty() {
            self.built.into_iter().map(MadeTable::built).collect()
        } else {
            let columns = self.model.columns();
            let spooled = columns.into_iter().zip(self.runs).enumerate();
            // Rows come first, and none of them is in two runs.
            let added = |place| if place == 0 { &[] } else { self.model.added() };
            spooled
                .map(|(place, ((name, columns), runs))| MadeTable::spooled(name, columns, runs, added(place)))
                .collect()
        };
        let held = self.held.into_iter().map(|((org, event), error)| Held { org, event, error });
        let discarded = self.discarded.len() as u64;
        Replayed { tables, events, discarded, held: held.collect(), last: self.last }
    }
}

/// Of all orgs, for there are few.
async fn discards(ledger: &Ledger, projection: &str) -> Result<HashSet<EventId>, ReplayError> {
    let mut all = HashSet::new();
    for database in ledger.databases().shard_map().databases() {
        let Some(first) = database.shards.first() else { continue };
        let mut tx = WorkerTx::begin(ledger.databases(), *first, &[]).await?;
        let query = sqlx::query("select event_id from parked_discard where projection = $1").bind(projection);
        for row in query.fetch_all(tx.connection()).await? {
            // Whatever is no id of an event is that of none.
            all.extend(EventId::try_from(row.try_get::<Uuid, _>(0)?));
        }
        tx.commit().await?;
    }
    Ok(all)
}
