//! A worker from one look at the checkpoints to the next: the read models that stand together, and those that go alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::RuntimeSettings;
use super::alone::{Alone, Taken};
use super::backoff::Backoff;
use super::events::Events;
use super::group_commit::{Bundle, GroupCommit};
use super::intake::Intake;
use super::load::Models;
use super::member::{Member, MemberId};
use super::open::Trouble;
use super::status::{ModelState, RuntimeStatus};
use super::transaction::{Ledger, Outcome, Step};
use super::worker::OpenFeed;
use crate::feed::Place;

/// Transient failures in a row after which each is tried for itself: what fails them may be a lock on one's table.
const TOGETHER: u32 = 2;

pub(super) struct Session {
    ledger: Ledger,
    models: Models,
    settings: RuntimeSettings,
    status: RuntimeStatus,
    group_commit: Option<GroupCommit>,
    /// All at one place.
    group: Vec<Member>,
    front: watch::Sender<Place>,
    alone: JoinSet<Option<Member>>,
    alone_ids: BTreeSet<MemberId>,
    backoff: Backoff,
    halted: bool,
    progress: bool,
}

/// Whether what is known of the checkpoints still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Still,
    NoMore,
}

impl Session {
    /// Those that have come furthest go together.
    pub(super) fn new(
        ledger: Ledger,
        models: Models,
        settings: RuntimeSettings,
        status: RuntimeStatus,
        group_commit: Option<GroupCommit>,
        members: Vec<Member>,
    ) -> Self {
        let place = members.iter().map(|member| member.place).max().unwrap_or_default();
        let (group, lagging): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|member| member.place == place);
        let mut session = Self {
            backoff: Backoff::new(&settings),
            ledger,
            models,
            settings,
            status,
            group_commit,
            group,
            front: watch::Sender::new(place),
            alone: JoinSet::new(),
            alone_ids: BTreeSet::new(),
            halted: false,
            progress: false,
        };
        for member in lagging {
            session.part_with(member, None);
        }
        session
    }

    fn place(&self) -> Place {
        *self.front.borrow()
    }

    /// Ends when the checkpoints have to be looked at anew, and says whether it has come any further.
    pub(super) async fn run<O: OpenFeed>(&mut self, open: Arc<O>) -> bool {
        let topic = self.group.iter().find_map(|member| member.topic.clone());
        let backoff = Backoff::new(&self.settings);
        let mut intake = Intake::start(open, self.ledger.shard, self.place(), topic, backoff);
        // The first look is at once: it tells how far the shard's head is.
        let mut refresh = interval_at(Instant::now(), self.settings.refresh);
        refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let known = tokio::select! {
                events = intake.next(self.settings.batch), if !self.halted => match events {
                    Some(events) => self.take(events).await,
                    None => Known::NoMore,
                },
                Some(back) = self.alone.join_next() => self.welcome(back).await,
                _ = refresh.tick() => self.look().await,
            };
            if known == Known::NoMore {
                return self.progress;
            }
        }
    }

    async fn take(&mut self, mut events: Events) -> Known {
        let mut failures = 0;
        while events.last > self.place() {
            if events.after > self.place() {
                return Known::NoMore;
            }
            let outcome = match self.with_others(&mut events, failures).await {
                Some(outcome) => Ok(outcome),
                None => self.together(&mut events).await,
            };
            match outcome {
                Ok(Outcome::Done) => {
                    self.status.counts().batch(events.known.len());
                    self.arrived(events.last);
                }
                Ok(Outcome::Elsewhere) => {
                    if self.look_closer(events.after..=events.last).await == Known::NoMore {
                        return Known::NoMore;
                    }
                }
                Err(error) => {
                    failures += 1;
                    if self.again(&error, failures, &mut events).await == Known::NoMore {
                        return Known::NoMore;
                    }
                }
            }
        }
        if let Some(reason) = events.halt {
            self.halt(&reason);
        }
        Known::Still
    }

    /// After so many failures in a row.
    async fn again(&mut self, error: &Trouble, failures: u32, events: &mut Events) -> Known {
        self.failed(error);
        let patient = failures <= TOGETHER;
        if error.is_data() || (self.group.len() > 1 && !(patient && error.is_transient())) {
            return self.one_by_one(events).await;
        }
        self.backoff.wait().await;
        // Its tables may be gone for good.
        if patient { Known::Still } else { self.look().await }
    }

    /// In one transaction with other shards. None where it can't be.
    async fn with_others(&mut self, events: &mut Events, failures: u32) -> Option<Outcome> {
        let group_commit = self.group_commit.as_ref()?;
        if failures > 0 || events.after != self.place() || !GroupCommit::takes(events) {
            return None;
        }
        let bundle = Bundle { members: std::mem::take(&mut self.group), events: std::mem::take(events) };
        match group_commit.take(self.ledger.shard, bundle).await {
            Some((bundle, committed)) => {
                (self.group, *events) = (bundle.members, bundle.events);
                committed.then_some(Outcome::Done)
            }
            // With nothing left here, the session begins anew.
            None => Some(Outcome::Elsewhere),
        }
    }

    async fn together(&mut self, events: &mut Events) -> Result<Outcome, Trouble> {
        let first = events.first_after(self.place());
        let step = Step { to: events.last, topic: events.topic.as_ref(), refused: None };
        let known = events.known.get_mut(first..).unwrap_or_default();
        self.ledger.apply(&mut self.group, known, step).await
    }

    fn arrived(&mut self, at: Place) {
        self.backoff.succeeded();
        self.progress = true;
        self.front.send_replace(at);
        for member in &self.group {
            self.status.see(self.ledger.shard, member, ModelState::Running);
        }
    }

    fn failed(&self, error: &Trouble) {
        tracing::warn!(shard = self.ledger.shard.number(), %error, "a batch can't be applied");
        for member in &self.group {
            self.status.failed(self.ledger.shard, member, error);
        }
    }

    /// Each by itself. Who fails goes alone, unless all do: then what they fail of is nobody's own.
    async fn one_by_one(&mut self, events: &mut Events) -> Known {
        let (mut taken, mut failed) = (Vec::new(), Vec::new());
        for mut member in std::mem::take(&mut self.group) {
            match self.ledger.apply_to_one(&mut member, events).await {
                Ok(Outcome::Done) => taken.push(member),
                Ok(Outcome::Elsewhere) => return Known::NoMore,
                Err(error) => failed.push((member, error)),
            }
        }
        if taken.is_empty() {
            let place = self.place();
            self.group.extend(failed.into_iter().map(|(member, _)| member));
            self.backoff.wait().await;
            // One that was bisected may have come a part of the way.
            let all_there = self.group.iter().all(|member| member.place == place);
            return if all_there { self.look().await } else { Known::NoMore };
        }
        self.group = taken;
        self.arrived(events.last);
        for (member, error) in failed {
            self.part_with(member, Some(&error));
        }
        Known::Still
    }

    fn part_with(&mut self, member: Member, error: Option<&Trouble>) {
        let shard = self.ledger.shard;
        self.status.see(shard, &member, ModelState::Alone);
        if let Some(error) = error {
            self.status.failed(shard, &member, error);
        }
        self.alone_ids.insert(member.id());
        let alone = Alone {
            ledger: self.ledger.clone(),
            models: self.models.clone(),
            settings: self.settings,
            status: self.status.clone(),
            front: self.front.subscribe(),
        };
        self.alone.spawn(alone.catch_up(member));
    }

    /// One that went alone is where the others were a moment ago. What they took meanwhile it takes here, while they wait.
    async fn welcome(&mut self, back: Result<Option<Member>, JoinError>) -> Known {
        let Ok(Some(mut member)) = back else { return Known::NoMore };
        while member.place < self.place() {
            match self.ledger.take_page(&mut member, self.place(), self.settings.batch).await {
                Ok(Taken::Outcome(Outcome::Done)) => {}
                Ok(_) => return Known::NoMore,
                Err(error) => {
                    self.part_with(member, Some(&error));
                    return Known::Still;
                }
            }
        }
        if member.place > self.place() {
            return Known::NoMore;
        }
        self.alone_ids.remove(&member.id());
        if !self.halted {
            self.status.see(self.ledger.shard, &member, ModelState::Running);
        }
        self.group.push(member);
        Known::Still
    }

    fn halt(&mut self, reason: &str) {
        self.halted = true;
        let shard = self.ledger.shard;
        tracing::error!(shard = shard.number(), reason, "the read models of a shard halt");
        for member in &self.group {
            self.status.see(shard, member, ModelState::Halted(reason.to_owned()));
        }
    }

    /// For generations that came or went, and what was retried or discarded.
    async fn look(&mut self) -> Known {
        let (glance, head) = match self.ledger.glance(&self.models).await {
            Ok(seen) => seen,
            Err(error) => {
                tracing::warn!(shard = self.ledger.shard.number(), %error, "checkpoints can't be read");
                return Known::Still;
            }
        };
        self.status.see_head(self.ledger.shard, head);
        let ours: BTreeSet<_> = self.group.iter().map(Member::id).chain(self.alone_ids.clone()).collect();
        if !ours.iter().eq(glance.keys()) {
            return Known::NoMore;
        }
        let stamps_hold = |member: &Member| glance.get(&member.id()) == Some(&Some(member.stamp));
        if self.group.iter().all(stamps_hold) {
            return Known::Still;
        }
        let place = self.place();
        self.look_closer(place..=place).await
    }

    /// Loads the group anew. It still is one if it stands at one place, and that among those for which there are events.
    async fn look_closer(&mut self, within: std::ops::RangeInclusive<Place>) -> Known {
        let Ok(mut members) = self.ledger.load(&self.models).await else { return Known::NoMore };
        let ours: BTreeSet<_> = self.group.iter().map(Member::id).collect();
        members.retain(|member| ours.contains(&member.id()));
        let Some(place) = members.first().map(|member| member.place) else { return Known::NoMore };
        let together = members.len() == ours.len() && members.iter().all(|member| member.place == place);
        if !together || !within.contains(&place) {
            return Known::NoMore;
        }
        self.group = members;
        if !self.halted {
            self.arrived(place);
        }
        Known::Still
    }
}
