//! The one transaction in which rows, parked events and checkpoints change.

use std::collections::BTreeSet;

use xentri_domain::kernel::OrgId;
use xentri_ledger::{Databases, KeyRing, Shard, WorkerTx};

use super::checkpoint::move_in_tx;
use super::events::Incoming;
use super::member::Member;
use super::open::{Trouble, open_in_tx};
use super::park::{Parking, keys_of, park_in_tx, sort};
use super::turns::turn;
use crate::feed::{Place, TopicPlace};

/// What every transaction of a shard needs.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    pub(super) databases: Databases,
    pub(super) keys: KeyRing,
    pub(super) shard: Shard,
}

/// Where a transaction takes its members.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) to: Place,
    pub(super) topic: Option<&'a TopicPlace>,
    /// Why none of the events can be taken.
    pub(super) refused: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// The checkpoint is not as we believed. Nothing has changed.
    Elsewhere,
}

impl Ledger {
    /// Members that stand at one place take the events that follow it, all or none of them.
    pub(super) async fn apply(
        &self,
        members: &mut [Member],
        events: &mut [Incoming],
        step: Step<'_>,
    ) -> Result<Outcome, Trouble> {
        let _turn = turn(events.len()).await;
        let orgs: BTreeSet<OrgId> = events.iter().map(|incoming| incoming.event.org()).collect();
        let orgs: Vec<_> = orgs.into_iter().collect();
        let mut tx = WorkerTx::begin(&self.databases, self.shard, &orgs).await?;
        let moved = move_in_tx(tx.connection(), self.shard, members, step.to, step.topic).await?;
        let Some(stamps) = moved else { return Ok(Outcome::Elsewhere) };
        open_in_tx(&mut tx, &self.keys, self.shard, events).await?;
        let mut parked = Vec::with_capacity(members.len());
        for member in &*members {
            let of_member = self.fold_in_tx(&mut tx, member, events, step.refused).await?;
            parked
                .push((of_member.len(), of_member.into_iter().flat_map(|one| one.keys).collect::<Vec<_>>()));
        }
        tx.commit().await?;
        for (member, (count, keys)) in members.iter_mut().zip(parked) {
            (member.place, member.topic) = (step.to, step.topic.cloned());
            member.parked += count;
            member.blocked.extend(keys);
            member.stamp = stamps.get(&member.id()).copied().unwrap_or(member.stamp);
        }
        Ok(Outcome::Done)
    }

    async fn fold_in_tx<'e>(
        &self,
        tx: &mut WorkerTx,
        member: &Member,
        events: &'e [Incoming],
        refused: Option<&str>,
    ) -> Result<Vec<Parking<'e>>, Trouble> {
        let sorted = sort(member, events, refused);
        let held = member.model.fold_in_tx(tx, member.generation, &sorted.taken).await?;
        let mut parked = sorted.parked;
        parked.extend(held.into_iter().filter_map(|held| {
            let event = *sorted.taken.get(held.index)?;
            let error = held.error.map(|error| error.to_string());
            Some(Parking { event, keys: keys_of(member, event), error })
        }));
        if !parked.is_empty() {
            park_in_tx(tx.connection(), &member.id(), self.shard, &parked).await?;
        }
        for one in parked.iter().filter(|one| one.error.is_some()) {
            let error = one.error.as_deref().unwrap_or_default();
            tracing::error!(
                projection = member.model.name(),
                shard = self.shard.number(),
                event = %one.event.envelope.id,
                error,
                "an event can't be folded and is parked"
            );
        }
        Ok(parked)
    }
}
