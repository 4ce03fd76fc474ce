//! Subjects: the people whom data is about, and that they are forgotten.
//!
//! A subject's stream has the subject's own id and begins when the person is forgotten: until then there are only
//! the streams that hold data about them, and their key. Destroying the key is the ledger's concern; it does so in
//! the transaction that appends the event.

mod command;
mod decide;
mod error;
mod event;
mod values;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::aggregate::{Stream, no_personal};

pub use command::{Forget, SubjectCommand};
pub use error::SubjectError;
pub use event::{Forgotten, SubjectEvent};
pub use values::{NamedStream, StreamType};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// For ever: nothing brings a destroyed key back.
    pub forgotten: bool,
}
no_personal!(Subject);

impl Stream for Subject {
    const TYPE: &'static str = "subject";
    const FOLD_VERSION: u32 = 1;
    type Event = SubjectEvent;

    fn apply(&mut self, event: &SubjectEvent) {
        match event {
            SubjectEvent::Forgotten(_) => self.forgotten = true,
        }
    }
}
