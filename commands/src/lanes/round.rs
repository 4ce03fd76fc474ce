//! Deciding a round: each command on the state that those before it leave, in this round and in the one that is on its way.

mod plan;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::SubjectId;
use xentri_domain::registry::Command;
use xentri_domain::subject::SubjectCommand;
use xentri_ledger::Home;

use super::Inner;
use super::chain::{Added, Addition, GrowingChain, Member, NotAdded};
use super::flight::{Flight, Landed};
use super::job::Job;
use super::outcome;
use super::trail::{Left, Trail, key_of};
use crate::dispatch::{AnsweredEvent, FirstAnswer, Stage, Why, Work};
use crate::streams::{Streams, apply_to};
use plan::{NoPlan, Plan};

/// In one round of one org.
const MOST_JOBS: usize = 256;
/// Of bodies; what is beyond waits for the next round.
const MOST_BYTES: usize = 2 << 20;

pub(super) struct Round<'a> {
    inner: &'a Inner,
    streams: Streams<'a>,
    chains: Vec<GrowingChain>,
    trail: Trail,
    /// What the round on its way will leave, if it is appended whole.
    before: Option<Arc<Trail>>,
    bytes: usize,
    /// They wait for what the round on its way comes to, or for the next round.
    later: VecDeque<Job>,
}

impl<'a> Round<'a> {
    pub(super) fn new(inner: &'a Inner, home: Home) -> Self {
        Self {
            inner,
            streams: Streams { ledger: &inner.ledger, home },
            chains: Vec::new(),
            trail: Trail::default(),
            before: None,
            bytes: 0,
            later: VecDeque::new(),
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.chains.is_empty() && self.later.is_empty()
    }

    /// How many more commands it takes.
    pub(super) fn room(&self) -> usize {
        let decided: usize = self.chains.iter().map(|chain| chain.members.len()).sum();
        MOST_JOBS.saturating_sub(decided + self.later.len())
    }

    pub(super) async fn decide(&mut self, jobs: VecDeque<Job>) {
        for job in jobs {
            if job.is_abandoned() {
                continue;
            }
            if self.bytes > MOST_BYTES || self.has_key_of(&job.work) {
                self.later.push_back(job);
                continue;
            }
            match self.plan(&job.work).await {
                Ok(plan) => self.place(job, plan).await,
                Err(NoPlan::Unread(unread)) => job.back(Why::Unread(unread)),
                // What it rests on may yet not come to be.
                Err(NoPlan::Rejected(_, seen)) if seen.iter().any(|(stream, _)| self.is_written(*stream)) => {
                    self.later.push_back(job);
                }
                Err(NoPlan::Rejected(error, seen)) => job.back(Why::Rejected { error, seen }),
            }
        }
    }

    /// Sends it off, and begins the round that goes on from what it will leave. None when nothing is left to be sent.
    pub(super) async fn send(mut self) -> (Option<Flight<'a>>, Self) {
        while !self.mark_sent() {
            let jobs = self.take_back();
            self = Self::new(self.inner, self.streams.home);
            self.decide(jobs).await;
        }
        let mut next = Self::new(self.inner, self.streams.home);
        let flight = (!self.chains.is_empty()).then(|| {
            let trail = Arc::new(self.trail);
            next.before = Some(trail.clone());
            Flight { inner: self.inner, streams: self.streams, chains: self.chains, trail }
        });
        next.decide(self.later).await;
        (flight, next)
    }

    /// Goes on once the round before has landed.
    pub(super) async fn go_on(mut self, landed: Landed) -> Self {
        let Some(before) = self.before.take() else { return self };
        let mut again = landed.again;
        let later = std::mem::take(&mut self.later);
        if !landed.whole {
            // What it was decided on has not come to be.
            again.append(&mut self.take_back());
            self = Self::new(self.inner, self.streams.home);
        }
        for job in later {
            // A crowd with one key would take a round each.
            if before.has_key_of(&job.work) {
                job.back(Why::KeyUsed);
            } else {
                again.push_back(job);
            }
        }
        self.decide(again).await;
        self
    }

    /// From now on nobody in it can be told that nothing was appended. False when somebody has been told that already.
    fn mark_sent(&self) -> bool {
        let all =
            || self.chains.iter().flat_map(|chain| &chain.members).map(|member| &member.job.work.progress);
        let before: Vec<_> = all().map(|progress| progress.reach(Stage::Sent)).collect();
        let whole = before.iter().all(Option::is_some);
        if !whole {
            for (progress, before) in all().zip(before) {
                before.and_then(|before| progress.reach(before));
            }
        }
        whole
    }

    /// Everybody, to be decided again.
    fn take_back(&mut self) -> VecDeque<Job> {
        let decided = self.chains.drain(..).flat_map(|chain| chain.members).map(|member| member.job);
        decided.chain(self.later.drain(..)).collect()
    }

    /// Into the chain that it goes on from, or one of its own.
    async fn place(&mut self, job: Job, plan: Plan) {
        let forgets = forgets(&job.work, &plan);
        let people: BTreeSet<SubjectId> =
            plan.events.iter().filter_map(|(stream, event)| event.subject(stream.id)).collect();
        let Some(place) = self.chain_for(&job.work, &plan, &people, forgets) else {
            self.later.push_back(job);
            return;
        };
        let begins = place == self.chains.len();
        if begins {
            let keys = self.inner.ledger.keys().sealer(self.streams.home);
            let sealer = if job.work.ask_for_keys { keys.asking() } else { keys };
            self.chains.push(GrowingChain::new(self.streams.home, sealer, job.work.alone));
        }
        match self.add(place, &job.work, plan, forgets).await {
            Ok(first) => {
                self.trail.people.extend(people.into_iter().map(|person| (person, place)));
                self.trail.forgotten.extend(forgets.map(|(person, _)| person));
                self.trail.keys.extend(key_of(&job.work));
                self.chains[place].members.push(Member { job, first });
            }
            Err((error, seen)) => {
                if begins {
                    self.chains.pop();
                } else if matches!(error, NotAdded::Chain(_)) {
                    self.dissolve(place);
                }
                outcome::not_added(job, &error, seen);
            }
        }
    }

    /// None when it has to wait: it would tie two chains together, or rests on a key that is not there yet.
    fn chain_for(
        &self,
        work: &Work,
        plan: &Plan,
        people: &BTreeSet<SubjectId>,
        forgets: Option<(SubjectId, usize)>,
    ) -> Option<usize> {
        // One call never both forgets somebody and brings data about them.
        let both = |trail: &Trail| {
            people.iter().any(|person| trail.forgotten.contains(person))
                || forgets.is_some_and(|(person, _)| trail.people.contains_key(&person))
        };
        // A key that is on its way is known once it is there.
        let on_its_way = |trail: &Trail| people.iter().any(|person| trail.new_people.contains(person));
        if both(&self.trail) || self.before.as_ref().is_some_and(|before| both(before) || on_its_way(before))
        {
            return None;
        }
        let of_streams =
            plan.seen.iter().filter_map(|(stream, _)| self.trail.left.get(stream)).map(|left| left.chain);
        let of_people = people.iter().filter_map(|person| self.trail.people.get(person)).copied();
        let touched: BTreeSet<usize> = of_streams.chain(of_people).collect();
        match (touched.first(), touched.len()) {
            (None, _) => Some(self.chains.len()),
            (Some(only), 1) if !work.alone && !self.chains[*only].alone => Some(*only),
            _ => None,
        }
    }

    async fn add(
        &mut self,
        place: usize,
        work: &Work,
        plan: Plan,
        forgets: Option<(SubjectId, usize)>,
    ) -> Result<FirstAnswer, (NotAdded, Vec<(StreamRef, u32)>)> {
        let Plan { events, seen, now } = plan;
        let before: Vec<_> = seen.iter().map(|(stream, state)| (*stream, state.version)).collect();
        let mut versions: HashMap<_, _> = before.iter().copied().collect();
        let dedupe_key = work.key.as_ref().map(|key| &key.key);
        let frame = work.frame(dedupe_key, now, self.inner.environment);
        let mut envelopes = frame.around(events, &mut versions);
        let version = versions.get(&work.stream).copied().unwrap_or_default();
        let first = FirstAnswer {
            id: work.stream.id,
            version,
            created: version > 0 && before.first().is_some_and(|(_, version)| *version == 0),
            events: envelopes.iter().map(AnsweredEvent::of).collect(),
        };
        let addition = Addition { work, seen: before.clone(), forgets, first: &first };
        match self.chains[place].add(addition, &mut envelopes).await {
            Ok(Added { bytes, new_people }) => {
                self.bytes += bytes;
                self.trail.new_people.extend(new_people);
            }
            Err(error) => return Err((error, before)),
        }
        for (stream, state) in seen {
            self.trail.left.entry(stream).or_insert(Left { state, chain: place, written: false });
        }
        for envelope in envelopes {
            let stream =
                StreamRef { stream_type: envelope.payload.kind().stream_type, id: envelope.stream_id };
            if let Some(left) = self.trail.left.get_mut(&stream) {
                left.written = true;
                // The decision made it for that stream.
                let _applied = apply_to(stream, &mut left.state, envelope.payload);
            }
        }
        Ok(first)
    }

    /// A chain that contradicts itself: each of its commands gets another chance alone.
    fn dissolve(&mut self, place: usize) {
        let home = self.streams.home;
        let sealer = self.inner.ledger.keys().sealer(home);
        let broken = std::mem::replace(&mut self.chains[place], GrowingChain::new(home, sealer, true));
        for Member { mut job, .. } in broken.members {
            job.work.alone = true;
            self.later.push_back(job);
        }
    }

    fn is_written(&self, stream: StreamRef) -> bool {
        self.trails().any(|trail| trail.is_written(stream))
    }

    fn has_key_of(&self, work: &Work) -> bool {
        self.trails().any(|trail| trail.has_key_of(work))
    }

    /// The newest first.
    fn trails(&self) -> impl Iterator<Item = &Trail> {
        std::iter::once(&self.trail).chain(self.before.as_deref())
    }
}

/// Whom the command forgets, and how many streams its events name.
fn forgets(work: &Work, plan: &Plan) -> Option<(SubjectId, usize)> {
    match &work.command {
        Command::Subject(SubjectCommand::Forget(_)) if !plan.events.is_empty() => {
            let streams = work.subject_streams.as_ref().map_or(0, Vec::len);
            Some((work.stream.id.into(), streams))
        }
        _ => None,
    }
}
