//! Pulse: what deserves attention, as far as people and agents say so themselves.
//!
//! Two kinds of streams: an [`Item`] that somebody raised or promoted, and each user's [`Inbox`], which knows what
//! they have dismissed. Not here: the items that rules make of other aggregates' events. Those are a read model;
//! an id is all that is known of them here.

mod inbox;
mod item;

pub use inbox::{Dismiss, Dismissed, Inbox, InboxCommand, InboxError, InboxEvent};
pub use item::{
    Importance, ImportanceError, Item, ItemCommand, ItemError, ItemEvent, Promote, Promoted, Raise, Raised,
};
