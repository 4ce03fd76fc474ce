//! The leads' read model, with events that it can't take for as long as a test wishes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use uuid::Uuid;
use xentri_domain::kernel::EventId;
use xentri_projections::kit::{FoldError, LedgerEvent, Model, Projection, ReadModel};
use xentri_projections::leads::{LeadRow, Leads, PipelineRow};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Poison {
    /// The fold refuses it.
    Fold,
    /// The fold makes of it what Postgres refuses.
    Data,
    Panic,
}

/// By event, and so of one test alone.
static POISONED: Mutex<Option<HashMap<EventId, Poison>>> = Mutex::new(None);

pub(crate) fn poison(event: EventId, poison: Poison) {
    POISONED.lock().unwrap().get_or_insert_default().insert(event, poison);
}

pub(crate) fn heal(event: EventId) {
    POISONED.lock().unwrap().get_or_insert_default().remove(&event);
}

pub(crate) struct Fragile;

pub(crate) fn fragile() -> Vec<Arc<dyn ReadModel>> {
    vec![Arc::new(Model::<Fragile>::new())]
}

impl Projection for Fragile {
    const NAME: &'static str = Leads::NAME;
    const VERSION: i32 = Leads::VERSION;
    type Row = LeadRow;
    type Sum = PipelineRow;

    fn keys(event: &LedgerEvent) -> Vec<Uuid> {
        Leads::keys(event)
    }

    fn fold(key: Uuid, row: Option<LeadRow>, event: &LedgerEvent) -> Result<Option<LeadRow>, FoldError> {
        let poison =
            POISONED.lock().unwrap().as_ref().and_then(|poisoned| poisoned.get(&event.envelope.id).copied());
        match poison {
            None => Leads::fold(key, row, event),
            Some(Poison::Fold) => Err(FoldError::OutOfRange("score")),
            Some(Poison::Panic) => panic!("a fold that was poisoned"),
            Some(Poison::Data) => {
                let row = Leads::fold(key, row, event)?;
                // No text in Postgres has a NUL.
                Ok(row.map(|row| LeadRow { source: "\0".into(), ..row }))
            }
        }
    }

    fn sums(row: &LeadRow) -> Vec<PipelineRow> {
        Leads::sums(row)
    }
}
