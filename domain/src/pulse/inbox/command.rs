//! What a user may ask of their inbox.

use serde::{Deserialize, Serialize};

use crate::aggregate::commands;
use crate::kernel::{PulseItemId, Scope};

commands! {
    /// What a user may ask of their inbox.
    InboxCommand of "pulse_inbox" at "/pulse";
    Dismiss Inbox "dismiss" PulseScope;
}

/// Takes an item out of the acting user's sight, and out of nobody else's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Dismiss {
    /// Where the user saw it.
    pub scope: Scope,
    pub item_id: PulseItemId,
}
