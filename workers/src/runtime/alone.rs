//! A read model that is behind the others, or fails where they do not: it reads the ledger for itself until it stands where
//! they are.

use tokio::sync::watch;
use xentri_ledger::{PageLimit, WorkerTx, epochs_in_tx, read_shard_in_tx};

use super::RuntimeSettings;
use super::backoff::Backoff;
use super::events::Events;
use super::load::Models;
use super::member::Member;
use super::open::Trouble;
use super::status::{ModelState, RuntimeStatus};
use super::transaction::{Ledger, Outcome};
use crate::feed::{Batch, Place};

/// Of one page.
const BYTES: u32 = 16 << 20;

pub(super) struct Alone {
    pub(super) ledger: Ledger,
    pub(super) models: Models,
    pub(super) settings: RuntimeSettings,
    pub(super) status: RuntimeStatus,
    /// Where the others are.
    pub(super) front: watch::Receiver<Place>,
}

/// What became of one page.
pub(super) enum Taken {
    Outcome(Outcome),
    Halted(String),
}

impl Alone {
    /// Ends where the others were a moment ago, or with nothing when there is no such generation any more.
    pub(super) async fn catch_up(self, mut member: Member) -> Option<Member> {
        let mut backoff = Backoff::new(&self.settings);
        loop {
            let front = *self.front.borrow();
            if member.place >= front {
                return Some(member);
            }
            match self.ledger.take_page(&mut member, front, self.settings.batch).await {
                Ok(Taken::Outcome(Outcome::Done)) => {
                    backoff.succeeded();
                    self.see(&member, ModelState::Alone);
                }
                Ok(Taken::Outcome(Outcome::Elsewhere)) => member = self.again(&member, &mut backoff).await?,
                Ok(Taken::Halted(reason)) => self.halt(&member, reason).await,
                Err(error @ Trouble::GoneBack(..)) => self.halt(&member, error.to_string()).await,
                Err(error) => self.failed(&member, &error, &mut backoff).await,
            }
        }
    }

    async fn again(&self, member: &Member, backoff: &mut Backoff) -> Option<Member> {
        loop {
            match self.ledger.load(&self.models).await {
                Ok(members) => return members.into_iter().find(|other| other.id() == member.id()),
                Err(error) => self.failed(member, &error, backoff).await,
            }
        }
    }

    async fn failed(&self, member: &Member, error: &Trouble, backoff: &mut Backoff) {
        let shard = self.ledger.shard;
        tracing::warn!(projection = %member.id(), shard = shard.number(), %error, "a read model fails alone");
        self.status.failed(shard, member, error);
        backoff.wait().await;
    }

    /// For as long as its worker does not begin anew.
    async fn halt(&self, member: &Member, reason: String) {
        tracing::error!(projection = %member.id(), shard = self.ledger.shard.number(), reason, "a read model halts");
        self.see(member, ModelState::Halted(reason));
        std::future::pending::<()>().await;
    }

    fn see(&self, member: &Member, state: ModelState) {
        self.status.see(self.ledger.shard, member, state);
    }
}

impl Ledger {
    /// The next page of the ledger after the member's place, not beyond `front`.
    pub(super) async fn take_page(
        &self,
        member: &mut Member,
        front: Place,
        most: usize,
    ) -> Result<Taken, Trouble> {
        let mut tx = WorkerTx::begin(&self.databases, self.shard, &[]).await?;
        let Place { epoch, position } = member.place;
        let begun_before = epochs_in_tx(&mut tx).await?;
        if begun_before
            .iter()
            .any(|later| later.shard == self.shard && later.epoch > epoch && later.start < position)
        {
            return Err(Trouble::GoneBack(epoch, position));
        }
        let limit = PageLimit { events: u32::try_from(most).unwrap_or(u32::MAX), bytes: BYTES };
        let page = read_shard_in_tx(&mut tx, self.shard, position, Some(front.position), limit).await?;
        tx.commit().await?;
        let Some(last) = page.events.last() else {
            return Err(Trouble::GoneBack(front.epoch, front.position));
        };
        let last = Place { epoch: last.epoch, position: last.position };
        let mut events = Events::of(Batch { after: member.place, events: page.events, last, topic: None });
        match events.halt.take() {
            Some(reason) if events.last == member.place => Ok(Taken::Halted(reason)),
            _ => Ok(Taken::Outcome(self.apply_to_one(member, &mut events).await?)),
        }
    }
}
