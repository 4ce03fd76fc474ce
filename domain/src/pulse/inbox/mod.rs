//! Inboxes: what each user no longer wants to see.
//!
//! One stream per user, with the user's own id, so that users never wait for each other. Any item may be dismissed,
//! also one that a rule made and that has no stream. Nothing is ever brought back.

mod command;
mod decide;
mod error;
mod event;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::aggregate::{Stream, no_personal};
use crate::kernel::PulseItemId;

pub use command::{Dismiss, InboxCommand};
pub use error::InboxError;
pub use event::{Dismissed, InboxEvent};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Inbox {
    pub dismissed: BTreeSet<PulseItemId>,
}
no_personal!(Inbox);

impl Stream for Inbox {
    const TYPE: &'static str = "pulse_inbox";
    const FOLD_VERSION: u32 = 1;
    type Event = InboxEvent;

    fn apply(&mut self, event: &InboxEvent) {
        match event {
            InboxEvent::Dismissed(dismissed) => {
                self.dismissed.insert(dismissed.item_id);
            }
        }
    }
}
