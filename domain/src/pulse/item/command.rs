//! What may be asked of an item.

use serde::{Deserialize, Serialize};

use super::Importance;
use crate::aggregate::commands;
use crate::kernel::{Note, PulseItemId, Scope, Text, Timestamp, Url};

commands! {
    /// What may be asked of an item.
    ItemCommand of "pulse_item" at "/pulse/items";
    Raise Create "raise" PulseScope;
    Promote Stream "promote" PulseScope;
}

/// Brings something to the attention of everybody who looks at a scope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Raise {
    /// A UUID of version 7; the server makes one when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<PulseItemId>,
    pub scope: Scope,
    pub importance: Importance,
    /// Kept open for ever, like the summary: people are linked to, not named.
    pub title: Text<200>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Note<2000>>,
    /// Whether somebody has to do something about it.
    pub action_required: bool,
    /// Where to do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_url: Option<Url>,
    /// At once when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible_from: Option<Timestamp>,
    /// Never when left out; later than now and than `visible_from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// Shows an item at a higher scope too, with an importance of its own there. Done again with another importance, it
/// changes that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Promote {
    /// Where the item stands.
    pub from: Scope,
    /// Where it is to be seen too: the parent of `from`, or one above that.
    pub scope: Scope,
    pub importance: Importance,
}
