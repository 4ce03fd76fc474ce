//! The history of one thing: each of its events with what it changed, folded as `aggregateAt` folds.

use serde::Serialize;
use serde_json::{Map, Value};
use xentri_domain::aggregate::StreamRef;
use xentri_ledger::{KeyRing, TenantTx, Until};

use super::{InquiryError, Told};
use crate::time_travel::{Change, Walk, changes};

/// An event, and what is different after it. What is sealed anew counts as changed, for nobody can tell without the key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    #[serde(flatten)]
    pub event: Told,
    pub changes: Vec<Change>,
}

/// A stream on the way through its history. Holds the state before the next event and nothing that lies behind.
pub struct History<'k> {
    walk: Walk<'k>,
    before: Value,
}

impl<'k> History<'k> {
    /// From before the first event. None for no type of stream. `keys` open what is personal; without them it stays sealed,
    /// whoever is forgotten.
    pub fn of(stream: StreamRef, keys: Option<&'k KeyRing>) -> Option<Self> {
        Some(Self { walk: Walk::new(stream, keys)?, before: Value::Object(Map::new()) })
    }

    /// A page of what comes next; empty at the end. Each page may be read in a transaction of its own.
    pub async fn next_in_tx(&mut self, tx: &mut TenantTx, until: Until) -> Result<Vec<Step>, InquiryError> {
        let (told, _) = self.walk.ahead(tx, until).await?;
        let mut steps = Vec::with_capacity(told.len());
        for (event, envelope) in told {
            let told = Told::of(&event, envelope.as_ref())?;
            self.walk.step(&event, envelope)?;
            let after = self.walk.written()?;
            steps.push(Step { event: told, changes: changes(&self.before, &after) });
            self.before = after;
        }
        Ok(steps)
    }
}
