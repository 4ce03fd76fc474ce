//! What can have happened to an item.

use serde::{Deserialize, Serialize};

use super::Importance;
use crate::aggregate::{events, no_personal};
use crate::kernel::{Note, PulseItemId, Scope, Text, Timestamp, Url};

events! {
    /// What can have happened to an item.
    ItemEvent of "pulse_item" in Pulse, about |_event, _stream| None;
    Raised "pulse.raised" 1 0;
    Promoted "pulse.promoted" 1 0;
}
no_personal!(Raised, Promoted);

/// Something deserves attention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Raised {
    pub scope: Scope,
    pub importance: Importance,
    pub title: Text<200>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Note<2000>>,
    pub action_required: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_url: Option<Url>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible_from: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// The item, which stays where it is, is seen at a higher scope too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Promoted {
    /// The new item at the higher scope: the same one for the same item and scope, always.
    pub item_id: PulseItemId,
    pub from: Scope,
    pub scope: Scope,
    pub importance: Importance,
}
