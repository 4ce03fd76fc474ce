//! What was proved, and what is wrong.

use std::collections::BTreeMap;

/// More of the same helps nobody.
const TOLD: usize = 40;

#[derive(Debug, Default)]
pub(crate) struct Proof {
    pub(crate) events: usize,
    pub(crate) orgs: usize,
    /// Events that no client asked for.
    pub(crate) by_reactors: usize,
    /// Of all read models.
    pub(crate) rows: usize,
    /// On all topics, heartbeats aside.
    pub(crate) messages: usize,
    /// By topic.
    pub(crate) duplicates: BTreeMap<String, usize>,
}

#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(super) proof: Proof,
    faults: Vec<String>,
}

impl Verdict {
    pub(crate) fn proof(&self) -> &Proof {
        &self.proof
    }

    pub(crate) fn is_right(&self) -> bool {
        self.faults.is_empty()
    }

    pub(crate) fn told(&self) -> String {
        let first = &self.faults[..self.faults.len().min(TOLD)];
        format!("{} faults:\n{}", self.faults.len(), first.join("\n"))
    }

    pub(super) fn fault(&mut self, what: impl Into<String>) {
        self.faults.push(what.into());
    }

    pub(super) fn note(&mut self, faults: impl IntoIterator<Item = String>) {
        self.faults.extend(faults);
    }
}
