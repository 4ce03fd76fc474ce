//! What is told of a rebuild while it runs.

use serde::Serialize;
use tokio::sync::watch;

use super::book::Phase;

/// Of all read models of one run, in one database after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    pub phase: Phase,
    /// Of what the phase counts: events that are read, events that are left to come, rows that are compared.
    pub done: u64,
    /// As far as it is known; parts that do not fit into memory are found on the way.
    pub total: u64,
    /// Why it waits, where it does.
    pub waits: Option<String>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { phase: Phase::Loading, done: 0, total: 0, waits: None }
    }
}

/// Cheap to clone. Nobody has to listen.
#[derive(Debug, Clone, Default)]
pub struct ProgressSender(watch::Sender<Progress>);

impl ProgressSender {
    pub fn new() -> Self {
        Self::default()
    }

    /// What an earlier process has told is told until there is something else.
    pub(super) fn from(last: Progress) -> Self {
        Self(watch::Sender::new(last))
    }

    pub fn subscribe(&self) -> watch::Receiver<Progress> {
        self.0.subscribe()
    }

    pub(super) fn begin(&self, phase: Phase, done: u64, total: u64) {
        self.0.send_replace(Progress { phase, done, total, waits: None });
    }

    pub(super) fn came(&self, by: u64) {
        self.0.send_modify(|progress| progress.done += by);
    }

    pub(super) fn more(&self, by: u64) {
        self.0.send_modify(|progress| progress.total += by);
    }

    pub(super) fn waits(&self, why: &str) {
        self.0.send_modify(|progress| progress.waits = Some(why.to_owned()));
    }
}
