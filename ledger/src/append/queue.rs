//! Where chains wait for their turn: bounded, and fair between orgs.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};
use xentri_domain::kernel::OrgId;

use super::chain::Chain;
use super::claims::{self, Claim};
use super::known::Known;
use super::outcome::{AppendError, Outcome};
use super::settings::{BatchLimits, QueueLimits};

/// The append takes no more in one call.
const MOST_ORGS: usize = 256;

pub(super) type Answer = Result<Outcome, AppendError>;

/// A chain, and who waits for it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) chain: Chain,
    pub(super) answer: oneshot::Sender<Answer>,
    pub(super) claims: Vec<Claim>,
    bytes: usize,
}

impl Waiting {
    fn is_free_of(&self, claims: &HashSet<Claim>) -> bool {
        self.claims.iter().all(|claim| !claims.contains(claim))
    }
}

#[derive(Debug)]
pub(super) struct Queue {
    lines: Mutex<Lines>,
    arrival: Notify,
    limits: QueueLimits,
}

#[derive(Debug, Default)]
struct Lines {
    /// Whose turn it is.
    turns: VecDeque<OrgId>,
    /// Of each org that waits.
    by_org: HashMap<OrgId, VecDeque<Waiting>>,
    commands: usize,
    bytes: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn new(limits: QueueLimits) -> Self {
        Self { lines: Mutex::default(), arrival: Notify::new(), limits }
    }

    /// Takes a chain in, or says at once that there is no room.
    pub(super) fn push(&self, chain: Chain) -> Result<oneshot::Receiver<Answer>, AppendError> {
        let (answer, receiver) = oneshot::channel();
        let (claims, bytes) = (claims::of(&chain), chain.bytes());
        let waiting = Waiting { chain, answer, claims, bytes };
        self.lock().push(waiting, &self.limits)?;
        self.arrival.notify_one();
        Ok(receiver)
    }

    /// The next batch, as soon as anything waits; none once the queue is closed and empty.
    pub(super) async fn take(&self, limits: &BatchLimits) -> Option<Vec<Waiting>> {
        loop {
            {
                let mut lines = self.lock();
                let batch = lines.take(limits);
                if !batch.is_empty() {
                    return Some(batch);
                }
                if lines.closed {
                    return None;
                }
            }
            self.arrival.notified().await;
        }
    }

    /// Answers those of `orgs` whose answer is known already; the others wait on.
    pub(super) fn settle(&self, orgs: &HashSet<OrgId>, known: &Known) {
        let mut lines = self.lock();
        for org in orgs {
            let Some(line) = lines.by_org.remove(org) else { continue };
            let mut kept = VecDeque::with_capacity(line.len());
            for waiting in line {
                if let Some(refusal) = known.tells(&waiting.chain, &waiting.claims) {
                    lines.left(&waiting);
                    let _gone = waiting.answer.send(Ok(Outcome::Refused(refusal)));
                } else {
                    kept.push_back(waiting);
                }
            }
            lines.keep(*org, kept);
        }
    }

    /// Takes no more; what waits is still appended.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrival.notify_one();
    }

    /// Nobody takes from it any more: whoever waits learns so, and nobody else comes in.
    pub(super) fn abandon(&self) {
        let mut lines = self.lock();
        *lines = Lines { closed: true, ..Lines::default() };
    }

    /// How many commands wait.
    pub(super) fn len(&self) -> usize {
        self.lock().commands
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        // Nothing under the lock can panic half way through a change.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn push(&mut self, waiting: Waiting, limits: &QueueLimits) -> Result<(), AppendError> {
        if self.closed {
            return Err(AppendError::Closed);
        }
        let (commands, bytes) = (waiting.chain.len(), waiting.bytes);
        if commands > limits.commands || bytes > limits.bytes {
            return Err(AppendError::TooLarge { commands, bytes });
        }
        let org = waiting.chain.home.org();
        let own = self.by_org.get(&org).map_or(0, VecDeque::len);
        let full = self.commands + waiting.chain.len() > limits.commands
            || self.bytes + waiting.bytes > limits.bytes
            || own >= limits.of_one_org;
        if full {
            return Err(AppendError::Overloaded);
        }
        self.commands += waiting.chain.len();
        self.bytes += waiting.bytes;
        self.by_org
            .entry(org)
            .or_insert_with(|| {
                self.turns.push_back(org);
                VecDeque::new()
            })
            .push_back(waiting);
        Ok(())
    }

    /// What fits into one call. Every org that waits has its share first; what is left over goes to whoever wants more.
    fn take(&mut self, limits: &BatchLimits) -> Vec<Waiting> {
        let mut batch = Batch { limits, taken: Vec::new(), claims: HashSet::new(), commands: 0, bytes: 0 };
        // Those whose turn it was may all have gone.
        while batch.taken.is_empty() && !self.turns.is_empty() {
            self.fill(&mut batch);
        }
        batch.taken
    }

    fn fill(&mut self, batch: &mut Batch<'_>) {
        let limits = batch.limits;
        let orgs: Vec<OrgId> = self.turns.iter().take(limits.orgs.clamp(1, MOST_ORGS)).copied().collect();
        let share = (limits.commands / orgs.len().max(1)).max(1);
        for most in [share, limits.commands] {
            for org in &orgs {
                self.take_from(*org, most, batch);
            }
            if batch.is_full() {
                break;
            }
        }
        // Who has had a turn waits for the next behind the others; who found the batch full comes first in the next.
        let served: HashSet<OrgId> = batch.taken.iter().map(|waiting| waiting.chain.home.org()).collect();
        let waits = self.turns.drain(..).filter(|org| self.by_org.contains_key(org));
        let (behind, first): (VecDeque<OrgId>, VecDeque<OrgId>) = waits.partition(|org| served.contains(org));
        self.turns.extend(first.into_iter().chain(behind));
    }

    fn take_from(&mut self, org: OrgId, most: usize, batch: &mut Batch<'_>) {
        let Some(line) = self.by_org.remove(&org) else { return };
        let mut kept = VecDeque::new();
        // Whoever comes after one that is kept and wants the same has to stay behind it. Claims are of one org.
        let mut kept_claims = HashSet::new();
        let mut taken = 0;
        for waiting in line {
            let asked = waiting.chain.len().max(1);
            if waiting.answer.is_closed() {
                // Whoever asked has gone, and nothing was sent.
                self.left(&waiting);
            } else if taken < most && waiting.is_free_of(&kept_claims) && batch.takes(&waiting) {
                taken += asked;
                self.left(&waiting);
                batch.taken.push(waiting);
            } else {
                kept_claims.extend(&waiting.claims);
                kept.push_back(waiting);
            }
        }
        if !kept.is_empty() {
            self.by_org.insert(org, kept);
        }
    }

    fn keep(&mut self, org: OrgId, line: VecDeque<Waiting>) {
        if line.is_empty() {
            self.turns.retain(|turn| *turn != org);
        } else {
            self.by_org.insert(org, line);
        }
    }

    fn left(&mut self, waiting: &Waiting) {
        self.commands -= waiting.chain.len();
        self.bytes -= waiting.bytes;
    }
}

/// A call in the making.
struct Batch<'a> {
    limits: &'a BatchLimits,
    taken: Vec<Waiting>,
    claims: HashSet<Claim>,
    commands: usize,
    bytes: usize,
}

impl Batch<'_> {
    /// Counts `waiting` in if there is room and nobody in the batch wants the same.
    fn takes(&mut self, waiting: &Waiting) -> bool {
        if self.is_full() || !waiting.is_free_of(&self.claims) {
            return false;
        }
        let fits = self.commands + waiting.chain.len() <= self.limits.commands
            && self.bytes + waiting.bytes <= self.limits.bytes;
        // One that is larger than a whole batch goes alone.
        if !fits && !self.taken.is_empty() {
            return false;
        }
        self.commands += waiting.chain.len();
        self.bytes += waiting.bytes;
        self.claims.extend(&waiting.claims);
        true
    }

    /// Never before it has something, whatever the limits.
    fn is_full(&self) -> bool {
        let over = self.commands >= self.limits.commands || self.bytes >= self.limits.bytes;
        over && !self.taken.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::append::AppendSettings;
    use crate::database::Home;
    use crate::shard::Shard;

    #[tokio::test]
    async fn nobody_waits_for_an_appender_that_is_gone() {
        let queue = Queue::new(AppendSettings::default().queue);
        let chain = || Chain::new(Home::new(OrgId::v7(1, [1; 10]), Shard::new(0)));
        let waiting = queue.push(chain()).unwrap();
        queue.abandon();
        assert!(waiting.await.is_err());
        assert!(matches!(queue.push(chain()), Err(AppendError::Closed)));
    }
}
