//! What can have happened in a user's inbox.

use serde::{Deserialize, Serialize};

use crate::aggregate::{events, no_personal};
use crate::kernel::{PulseItemId, Scope};

events! {
    /// What can have happened in a user's inbox.
    InboxEvent of "pulse_inbox" in Pulse, about |_event, _stream| None;
    Dismissed "pulse.dismissed" 1 0;
}
no_personal!(Dismissed);

/// The user whose inbox it is no longer wants to see the item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Dismissed {
    pub item_id: PulseItemId,
    /// Where the user saw it.
    pub scope: Scope,
}
