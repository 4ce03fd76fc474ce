//! Deciding a round: each command on the state that those before it leave.

mod plan;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use futures_util::future::join_all;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::SubjectId;
use xentri_domain::registry::Command;
use xentri_domain::subject::SubjectCommand;
use xentri_ledger::Home;

use super::Inner;
use super::chain::{Addition, GrowingChain, Member, NotAdded};
use super::job::Job;
use super::outcome;
use crate::dispatch::{AnsweredEvent, FirstAnswer, Stage, Why, Work};
use crate::streams::{State, Streams, apply_to};
use plan::{NoPlan, Plan};

/// Of bodies; what is beyond waits for the next round.
const MOST_BYTES: usize = 2 << 20;

pub(super) struct Round<'a> {
    inner: &'a Inner,
    streams: Streams<'a>,
    chains: Vec<GrowingChain>,
    /// Every stream that a chain of the round rests on.
    left: HashMap<StreamRef, Left>,
    /// Which chain brings data about whom.
    people: HashMap<SubjectId, usize>,
    forgotten: HashSet<SubjectId>,
    keys: HashSet<(String, String)>,
    bytes: usize,
    /// For the next round.
    later: VecDeque<Job>,
}

/// A stream as its chain leaves it.
pub(super) struct Left {
    pub(super) state: State,
    chain: usize,
    written: bool,
}

impl<'a> Round<'a> {
    pub(super) fn new(inner: &'a Inner, home: Home) -> Self {
        Self {
            inner,
            streams: Streams { ledger: &inner.ledger, home },
            chains: Vec::new(),
            left: HashMap::new(),
            people: HashMap::new(),
            forgotten: HashSet::new(),
            keys: HashSet::new(),
            bytes: 0,
            later: VecDeque::new(),
        }
    }

    pub(super) async fn decide(mut self, jobs: VecDeque<Job>) -> Self {
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
        self
    }

    /// Appends all chains at once. Returns who has to be decided again.
    pub(super) async fn append(mut self) -> VecDeque<Job> {
        let appenders = self.inner.ledger.appenders();
        let answers = join_all(self.chains.iter_mut().map(|chain| chain.append(appenders))).await;
        // Side by side: whoever was appended does not wait for what others have to read.
        let settled = std::mem::take(&mut self.chains)
            .into_iter()
            .zip(answers)
            .map(|(chain, answer)| outcome::settle(&self.streams, &self.left, chain, answer));
        let mut again: VecDeque<Job> = join_all(settled).await.into_iter().flatten().collect();
        for job in std::mem::take(&mut self.later) {
            // A crowd with one key would take a round each.
            if self.has_key_of(&job.work) {
                job.back(Why::KeyUsed);
            } else {
                again.push_back(job);
            }
        }
        again
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
        // A chain is sent whole, so that whoever gives up from now on can't be told that nothing was appended.
        let Some(before) = job.work.progress.reach(Stage::Sent) else { return };
        let begins = place == self.chains.len();
        if begins {
            let keys = self.inner.ledger.keys().sealer(self.streams.home);
            let sealer = if job.work.ask_for_keys { keys.asking() } else { keys };
            self.chains.push(GrowingChain::new(self.streams.home, sealer, job.work.alone));
        }
        match self.add(place, &job.work, plan, forgets).await {
            Ok(first) => {
                self.people.extend(people.into_iter().map(|person| (person, place)));
                self.forgotten.extend(forgets.map(|(person, _)| person));
                self.keys.extend(key_of(&job.work));
                self.chains[place].members.push(Member { job, first });
            }
            Err((error, seen)) => {
                if begins {
                    self.chains.pop();
                } else if matches!(error, NotAdded::Chain(_)) {
                    self.dissolve(place);
                }
                job.work.progress.reach(before);
                outcome::not_added(job, &error, seen);
            }
        }
    }

    /// None when it has to wait for the next round: it would tie two chains together.
    fn chain_for(
        &self,
        work: &Work,
        plan: &Plan,
        people: &BTreeSet<SubjectId>,
        forgets: Option<(SubjectId, usize)>,
    ) -> Option<usize> {
        // One call never both forgets somebody and brings data about them.
        let forgotten = people.iter().any(|person| self.forgotten.contains(person));
        if forgotten || forgets.is_some_and(|(person, _)| self.people.contains_key(&person)) {
            return None;
        }
        let of_streams =
            plan.seen.iter().filter_map(|(stream, _)| self.left.get(stream)).map(|left| left.chain);
        let of_people = people.iter().filter_map(|person| self.people.get(person)).copied();
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
            Ok(bytes) => self.bytes += bytes,
            Err(error) => return Err((error, before)),
        }
        for (stream, state) in seen {
            self.left.entry(stream).or_insert(Left { state, chain: place, written: false });
        }
        for envelope in envelopes {
            let stream =
                StreamRef { stream_type: envelope.payload.kind().stream_type, id: envelope.stream_id };
            if let Some(left) = self.left.get_mut(&stream) {
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
            job.work.progress.reach(Stage::Waiting);
            self.later.push_back(job);
        }
    }

    fn is_written(&self, stream: StreamRef) -> bool {
        self.left.get(&stream).is_some_and(|left| left.written)
    }

    /// The second of two equal ones finds the first's receipt once the round is over.
    fn has_key_of(&self, work: &Work) -> bool {
        key_of(work).is_some_and(|key| self.keys.contains(&key))
    }
}

fn key_of(work: &Work) -> Option<(String, String)> {
    let key = work.key.as_ref()?;
    Some((work.principal.actor().to_string(), key.key.as_str().to_owned()))
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
