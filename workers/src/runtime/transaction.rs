//! The one transaction in which rows, parked events and checkpoints change.

use std::collections::BTreeSet;

use xentri_domain::kernel::OrgId;
use xentri_ledger::{Databases, KeyRing, Shard, WorkerTx};

use super::checkpoint::move_in_tx;
use super::events::Incoming;
use super::member::{Key, Member};
use super::open::{Trouble, open_in_tx};
use super::park::{Parking, Sorted, keys_of, park_in_tx, sort};
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

/// What a shard brings to a transaction: members that stand at one place, and the events that follow it.
pub(super) struct Share<'a> {
    pub(super) shard: Shard,
    pub(super) members: &'a mut [Member],
    pub(super) events: &'a mut [Incoming],
    pub(super) step: Step<'a>,
}

/// What a member has parked.
#[derive(Default)]
struct Parked {
    events: usize,
    keys: Vec<Key>,
}

impl Ledger {
    /// All of the events or none of them.
    pub(super) async fn apply(
        &self,
        members: &mut [Member],
        events: &mut [Incoming],
        step: Step<'_>,
    ) -> Result<Outcome, Trouble> {
        let _turn = turn(events.len()).await;
        let mut shares = [Share { shard: self.shard, members, events, step }];
        let orgs = orgs_of(&shares);
        let tx = WorkerTx::begin(&self.databases, self.shard, &orgs).await?;
        commit(tx, &self.keys, &mut shares).await
    }
}

pub(super) fn orgs_of(shares: &[Share<'_>]) -> Vec<OrgId> {
    let events = shares.iter().flat_map(|share| share.events.iter());
    let orgs: BTreeSet<OrgId> = events.map(|incoming| incoming.event.org()).collect();
    orgs.into_iter().collect()
}

/// All shares or none of them: each of another shard, with members of the same generations in the same order. The transaction
/// names their orgs.
pub(super) async fn commit(
    mut tx: WorkerTx,
    keys: &KeyRing,
    shares: &mut [Share<'_>],
) -> Result<Outcome, Trouble> {
    let Some(stamps) = move_in_tx(tx.connection(), shares).await? else { return Ok(Outcome::Elsewhere) };
    for share in &mut *shares {
        open_in_tx(&mut tx, keys, share.shard, share.events).await?;
    }
    let mut parked = Vec::new();
    for member in 0..shares.first().map_or(0, |share| share.members.len()) {
        parked.push(fold_in_tx(&mut tx, shares, member).await?);
    }
    tx.commit().await?;
    for (number, of_shares) in parked.into_iter().enumerate() {
        for (share, parked) in shares.iter_mut().zip(of_shares) {
            let Some(member) = share.members.get_mut(number) else { continue };
            (member.place, member.topic) = (share.step.to, share.step.topic.cloned());
            member.parked += parked.events;
            member.blocked.extend(parked.keys);
            member.stamp = stamps.get(&(share.shard, member.id())).copied().unwrap_or(member.stamp);
        }
    }
    Ok(Outcome::Done)
}

/// One read model takes the events of all shares: no org is on two shards, so neither is a row. What it parks is told share by
/// share.
async fn fold_in_tx(tx: &mut WorkerTx, shares: &[Share<'_>], number: usize) -> Result<Vec<Parked>, Trouble> {
    let of_shares = shares.iter().filter_map(|share| Some((share, share.members.get(number)?)));
    let of_shares: Vec<(&Share<'_>, &Member)> = of_shares.collect();
    let Some((_, first)) = of_shares.first() else { return Ok(Vec::new()) };
    let mut sorted: Vec<Sorted<'_>> =
        of_shares.iter().map(|(share, member)| sort(member, share.events, share.step.refused)).collect();
    let taken: Vec<_> = sorted.iter().flat_map(|sorted| &sorted.taken).copied().collect();
    for held in first.model.fold_in_tx(tx, first.generation, &taken).await? {
        let Some(event) = taken.get(held.index) else { continue };
        let of_event = of_shares.iter().zip(&mut sorted).find(|((share, _), _)| share.shard == event.shard);
        if let Some(((_, member), sorted)) = of_event {
            let error = held.error.map(|error| error.to_string());
            sorted.parked.push(Parking { event, keys: keys_of(member, event), error });
        }
    }
    let mut parked = Vec::with_capacity(shares.len());
    for ((share, member), sorted) in of_shares.into_iter().zip(sorted) {
        parked.push(put_aside_in_tx(tx, share.shard, member, sorted.parked).await?);
    }
    Ok(parked)
}

async fn put_aside_in_tx(
    tx: &mut WorkerTx,
    shard: Shard,
    member: &Member,
    parked: Vec<Parking<'_>>,
) -> Result<Parked, Trouble> {
    if parked.is_empty() {
        return Ok(Parked::default());
    }
    park_in_tx(tx.connection(), &member.id(), shard, &parked).await?;
    for one in parked.iter().filter(|one| one.error.is_some()) {
        let error = one.error.as_deref().unwrap_or_default();
        tracing::error!(
            projection = member.model.name(),
            shard = shard.number(),
            event = %one.event.envelope.id,
            error,
            "an event can't be folded and is parked"
        );
    }
    let events = parked.len();
    Ok(Parked { events, keys: parked.into_iter().flat_map(|one| one.keys).collect() })
}
