//! Lanes: the commands of one org that are under way in this process never race each other.
//!
//! A lane goes in rounds. Whatever waits is decided in order, each command on the state that those before it leave;
//! commands that share a stream become one chain, others chains of their own, and all chains are appended at once. What
//! comes in meanwhile waits for the next round, so that a crowd on one stream costs a call a round and not one each.
//! What a decision lacks, whoever asked reads before coming back. A lane itself reads people's keys, and after a refused
//! chain what moved on or was done before, once for all who were in it.

mod chain;
mod decide;
mod job;
mod outcome;
mod round;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use xentri_domain::kernel::{Clock, OrgId};
use xentri_ledger::{Home, Ledger};
use xentri_schemas::Environment;

use crate::dispatch::{DispatchError, Turn, Work};
use job::Job;
use round::Round;

/// In one round of one org.
const MOST_IN_A_ROUND: usize = 256;
/// Of one org, so that its flood leaves room for others.
const MOST_OF_ONE_ORG: usize = 4096;
const MOST_WAITING: usize = 16_384;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Lanes(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) environment: Environment,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// An org is there for as long as its lane runs.
    by_org: HashMap<OrgId, VecDeque<Job>>,
    jobs: usize,
}

impl Lanes {
    pub(crate) fn new(ledger: Ledger, clock: Arc<dyn Clock>, environment: Environment) -> Self {
        Self(Arc::new(Inner { ledger, clock, environment, waiting: Mutex::default() }))
    }

    /// Waits for the command's turn, and for what becomes of it. Whoever stops waiting takes back what was not sent.
    pub(crate) async fn take(&self, work: Box<Work>) -> Turn {
        let home = work.home;
        let (reply, turn) = oneshot::channel();
        match self.enter(home.org(), Job { work, reply }) {
            Ok(true) => drop(tokio::spawn(self.clone().run(home))),
            Ok(false) => {}
            Err(error) => return Turn::Failed(error),
        }
        // A lane answers everybody; only one that panics leaves without a word.
        turn.await.unwrap_or(Turn::Failed(DispatchError::OutcomeUnknown))
    }

    /// Says whether the lane has to be set going.
    fn enter(&self, org: OrgId, job: Job) -> Result<bool, DispatchError> {
        let mut waiting = self.lock();
        if waiting.jobs >= MOST_WAITING {
            return Err(DispatchError::Overloaded);
        }
        let begins = !waiting.by_org.contains_key(&org);
        let lane = waiting.by_org.entry(org).or_default();
        if lane.len() >= MOST_OF_ONE_ORG {
            return Err(DispatchError::Overloaded);
        }
        lane.push_back(job);
        waiting.jobs += 1;
        Ok(begins)
    }

    /// Round after round, until nobody waits.
    async fn run(self, home: Home) {
        let _gone = Leave { lanes: &self, org: home.org() };
        let mut first = VecDeque::new();
        while let Some(jobs) = self.next(home.org(), first) {
            let round = Round::new(&self.0, home).decide(jobs).await;
            first = round.append().await;
        }
    }

    /// Those of the round before come first.
    fn next(&self, org: OrgId, mut jobs: VecDeque<Job>) -> Option<VecDeque<Job>> {
        let mut waiting = self.lock();
        let lane = waiting.by_org.get_mut(&org)?;
        let room = MOST_IN_A_ROUND.saturating_sub(jobs.len()).min(lane.len());
        jobs.extend(lane.drain(..room));
        waiting.jobs -= room;
        if jobs.is_empty() {
            waiting.by_org.remove(&org);
            return None;
        }
        Some(jobs)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing under the lock can panic half way through a change.
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lane that panics takes with it those who wait, and the next command finds a new one.
struct Leave<'a> {
    lanes: &'a Lanes,
    org: OrgId,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut waiting = self.lanes.lock();
            let left = waiting.by_org.remove(&self.org).map_or(0, |lane| lane.len());
            waiting.jobs -= left;
        }
    }
}

impl fmt::Debug for Lanes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lanes").field("waiting", &self.lock().jobs).finish_non_exhaustive()
    }
}
