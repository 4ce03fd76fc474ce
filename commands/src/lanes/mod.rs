//! Lanes: the commands of one org that are under way in this process never race each other.
//!
//! A lane goes in rounds. Whatever waits is decided in order, each command on the state that those before it leave;
//! commands that share a stream become one chain, others chains of their own, and all chains are appended at once. What
//! comes in meanwhile is decided on what that round will leave and goes with the next one, so that a crowd on one stream costs a
//! call a round and not one each, and the ledger need not wait for decisions.
//! What a decision lacks, whoever asked reads before coming back. A lane itself reads people's keys, and after a refused
//! chain what moved on or was done before, once for all who were in it.

mod chain;
mod decide;
mod flight;
mod job;
mod outcome;
mod round;
mod trail;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use tokio::sync::oneshot;
use xentri_domain::kernel::{Clock, OrgId};
use xentri_ledger::{Home, Ledger};
use xentri_schemas::Environment;

use crate::dispatch::{DispatchError, Turn, Work};
use job::Job;
use round::Round;

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
    by_org: HashMap<OrgId, Lane>,
    jobs: usize,
}

#[derive(Default)]
struct Lane {
    jobs: VecDeque<Job>,
    /// Whoever would take the next job at once.
    waker: Option<Waker>,
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
        if lane.jobs.len() >= MOST_OF_ONE_ORG {
            return Err(DispatchError::Overloaded);
        }
        lane.jobs.push_back(job);
        let waker = lane.waker.take();
        waiting.jobs += 1;
        drop(waiting);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(begins)
    }

    /// Round after round, until nobody waits.
    async fn run(self, home: Home) {
        let _gone = Leave { lanes: &self, org: home.org() };
        let mut round = Round::new(&self.0, home);
        while let Some(jobs) = self.next(home.org(), &round) {
            round.decide(jobs).await;
            let (flight, mut next) = round.send().await;
            if let Some(flight) = flight {
                let mut flight = pin!(flight.land());
                let landed = loop {
                    tokio::select! {
                        biased;
                        landed = &mut flight => break landed,
                        jobs = self.come_in(home.org(), next.room()) => next.decide(jobs).await,
                    }
                };
                next = next.go_on(landed).await;
            }
            round = next;
        }
    }

    /// For a round that is about to be sent. None when there is nothing left to do.
    fn next(&self, org: OrgId, round: &Round<'_>) -> Option<VecDeque<Job>> {
        let mut waiting = self.lock();
        let jobs = waiting.take(org, round.room());
        if jobs.is_empty() && round.is_idle() {
            waiting.by_org.remove(&org);
            return None;
        }
        Some(jobs)
    }

    /// Waits for commands, while there is room.
    async fn come_in(&self, org: OrgId, room: usize) -> VecDeque<Job> {
        poll_fn(|context| {
            let mut waiting = self.lock();
            let jobs = waiting.take(org, room);
            if !jobs.is_empty() {
                return Poll::Ready(jobs);
            }
            if let Some(lane) = waiting.by_org.get_mut(&org) {
                lane.waker = Some(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing under the lock can panic half way through a change.
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn take(&mut self, org: OrgId, room: usize) -> VecDeque<Job> {
        let Some(lane) = self.by_org.get_mut(&org) else { return VecDeque::new() };
        let room = room.min(lane.jobs.len());
        self.jobs -= room;
        lane.jobs.drain(..room).collect()
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
            let left = waiting.by_org.remove(&self.org).map_or(0, |lane| lane.jobs.len());
            waiting.jobs -= left;
        }
    }
}

impl fmt::Debug for Lanes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lanes").field("waiting", &self.lock().jobs).finish_non_exhaustive()
    }
}
