//! One command in a lane, and who waits for it.

use tokio::sync::oneshot;

use crate::dispatch::{DispatchError, Turn, Why, Work};

#[derive(Debug)]
pub(super) struct Job {
    pub(super) work: Box<Work>,
    pub(super) reply: oneshot::Sender<Turn>,
}

impl Job {
    /// Whoever asked has gone, and nothing was sent.
    pub(super) fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    pub(super) fn back(self, why: Why) {
        let _gone = self.reply.send(Turn::Back(self.work, why));
    }

    pub(super) fn fail(self, error: DispatchError) {
        let _gone = self.reply.send(Turn::Failed(error));
    }
}
