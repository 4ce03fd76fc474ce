//! What was acknowledged, by the clients' own record.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

/// A command, and what was answered to it.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(crate) org: Uuid,
    pub(crate) key: String,
    /// The stream's.
    pub(crate) id: Uuid,
    pub(crate) version: u64,
    /// Of its last event.
    pub(crate) org_seq: u64,
    pub(crate) events: Vec<Uuid>,
}

#[derive(Debug, Default)]
pub(crate) struct Acknowledged {
    pub(crate) commands: Vec<Done>,
    /// Requests that had to be sent again: nobody answered, or 503.
    pub(crate) retries: usize,
    /// Answers that were given before, and not heard.
    pub(crate) replayed: usize,
    /// The longest that a client had to ask.
    pub(crate) longest: Duration,
    /// Answers that nobody should get.
    pub(crate) wrong: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Book(Mutex<Acknowledged>);

impl Book {
    pub(super) fn done(&self, done: Done, replayed: bool, took: Duration) {
        self.note(|all| {
            all.commands.push(done);
            all.replayed += usize::from(replayed);
            all.longest = all.longest.max(took);
        });
    }

    pub(super) fn retried(&self) {
        self.note(|all| all.retries += 1);
    }

    pub(super) fn wrong(&self, what: String) {
        self.note(|all| all.wrong.push(what));
    }

    pub(super) fn acknowledged(&self) -> usize {
        self.0.lock().unwrap().commands.len()
    }

    pub(super) fn close(&self) -> Acknowledged {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn note(&self, what: impl FnOnce(&mut Acknowledged)) {
        what(&mut self.0.lock().unwrap());
    }
}

impl Done {
    /// `data` of an answer; None where it is not what a command is answered.
    pub(super) fn read(org: Uuid, key: &str, data: &Value) -> Option<Self> {
        let id = |value: &Value| value.as_str()?.parse().ok();
        let events: Option<Vec<Uuid>> =
            data["events"].as_array()?.iter().map(|event| id(&event["id"])).collect();
        Some(Self {
            org,
            key: key.to_owned(),
            id: id(&data["id"])?,
            version: data["version"].as_u64()?,
            org_seq: data["org_seq"].as_u64()?,
            events: events?,
        })
    }
}
