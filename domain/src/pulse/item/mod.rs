//! Items that people and agents raise, and the promotion of items to a higher scope.
//!
//! An item that somebody raised has an id of version 7, and its stream begins with that. One that a rule or a
//! promotion made has an id of version 5; its stream is empty until somebody promotes it, and what it says is known
//! to the read model alone. A promoted item is a new one at the higher scope; the old one stays.

mod command;
mod decide;
mod error;
mod event;
mod values;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::aggregate::{Stream, no_personal};
use crate::kernel::Scope;

pub use command::{ItemCommand, Promote, Raise};
pub use error::ItemError;
pub use event::{ItemEvent, Promoted, Raised};
pub use values::{Importance, ImportanceError};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// What was raised; none for an item that a rule or a promotion made.
    pub raised: Option<Raised>,
    /// How important it was judged at each scope that it was promoted to.
    pub promoted: BTreeMap<Scope, Importance>,
}
no_personal!(Item);

impl Stream for Item {
    const TYPE: &'static str = "pulse_item";
    const FOLD_VERSION: u32 = 1;
    type Event = ItemEvent;

    fn apply(&mut self, event: &ItemEvent) {
        match event {
            ItemEvent::Raised(raised) => self.raised = Some(raised.clone()),
            ItemEvent::Promoted(promoted) => {
                self.promoted.insert(promoted.scope, promoted.importance);
            }
        }
    }
}
