//! What a receipt keeps of the first answer: no personal data, and nothing that the ledger adds by itself.

use serde::{Deserialize, Serialize};
use xentri_domain::kernel::StreamId;

use super::AnsweredEvent;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FirstAnswer {
    pub(crate) id: StreamId,
    pub(crate) version: u32,
    pub(crate) created: bool,
    pub(crate) events: Vec<AnsweredEvent>,
}

impl FirstAnswer {
    pub(crate) fn write(&self) -> String {
        // Ids, numbers and names: JSON has a form for each.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}
