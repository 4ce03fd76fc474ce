//! Which of a batch's events a read model takes, and which are parked.

use std::collections::HashSet;

use sqlx::postgres::PgConnection;
use uuid::Uuid;
use xentri_ledger::Shard;
use xentri_projections::kit::LedgerEvent;

use super::events::Incoming;
use super::member::{Key, Member, MemberId};
use super::open::Trouble;

/// An event that is parked.
pub(crate) struct Parking<'e> {
    pub(crate) event: &'e LedgerEvent,
    pub(crate) keys: Vec<Key>,
    /// None for one that waits behind another.
    pub(crate) error: Option<String>,
}

/// A batch as one read model sees it.
pub(super) struct Sorted<'e> {
    pub(super) taken: Vec<&'e LedgerEvent>,
    pub(super) parked: Vec<Parking<'e>>,
}

/// `refused`: why none of them can be taken.
pub(super) fn sort<'e>(member: &Member, events: &'e [Incoming], refused: Option<&str>) -> Sorted<'e> {
    let mut sorted = Sorted { taken: Vec::with_capacity(events.len()), parked: Vec::new() };
    let whole = refused.is_none() && events.iter().all(|incoming| incoming.fault.is_none());
    if whole && member.takes_all() {
        sorted.taken.extend(events.iter().map(|incoming| &incoming.event));
        return sorted;
    }
    let mut blocked: HashSet<Key> = HashSet::new();
    for Incoming { event, fault } in events {
        let keys = keys_of(member, event);
        if keys.is_empty() || member.discarded.contains(&event.envelope.id) {
            continue;
        }
        let error = refused.map(ToOwned::to_owned).or_else(|| fault.clone());
        let waits = keys.iter().any(|key| member.blocked.contains(key) || blocked.contains(key));
        if error.is_some() || waits {
            blocked.extend(&keys);
            sorted.parked.push(Parking { event, keys, error });
        } else {
            sorted.taken.push(event);
        }
    }
    sorted
}

pub(super) fn keys_of(member: &Member, event: &LedgerEvent) -> Vec<Key> {
    member.model.keys(event).into_iter().map(|id| (event.org(), id)).collect()
}

const PARK: &str = "insert into parked_event \
     (projection, version, generation, shard, org_id, epoch, position, event_id, type, keys, correlation_id, error) \
     select $1, $2, $3, $4, org_id, epoch, position, event_id, type, keys::uuid[], correlation_id, error \
       from unnest($5::uuid[], $6::int[], $7::bigint[], $8::uuid[], $9::text[], $10::text[], $11::text[], $12::text[]) \
            new(org_id, epoch, position, event_id, type, keys, correlation_id, error)";

pub(crate) async fn park_in_tx(
    connection: &mut PgConnection,
    id: &MemberId,
    shard: Shard,
    parked: &[Parking<'_>],
) -> Result<(), Trouble> {
    let column = |of: fn(&Parking<'_>) -> Uuid| parked.iter().map(of).collect::<Vec<_>>();
    let text = |of: fn(&Parking<'_>) -> Option<String>| parked.iter().map(of).collect::<Vec<_>>();
    sqlx::query(PARK)
        .bind(&id.projection)
        .bind(id.version)
        .bind(id.generation)
        .bind(shard.number())
        .bind(column(|one| one.event.org().uuid()))
        .bind(parked.iter().map(|one| number(one.event.epoch)).collect::<Vec<_>>())
        .bind(parked.iter().map(|one| bigint(one.event.position)).collect::<Vec<_>>())
        .bind(column(|one| one.event.envelope.id.uuid()))
        .bind(text(|one| Some(one.event.payload().kind().type_name.to_owned())))
        .bind(text(|one| Some(array(&one.keys))))
        .bind(text(|one| one.event.envelope.correlation_id.as_ref().map(ToString::to_string)))
        .bind(text(|one| one.error.as_deref().map(without_nul)))
        .execute(connection)
        .await?;
    Ok(())
}

/// Arrays of arrays have one length in Postgres, so each goes there as text.
fn array(keys: &[Key]) -> String {
    let ids: Vec<_> = keys.iter().map(|(_, id)| id.to_string()).collect();
    format!("{{{}}}", ids.join(","))
}

/// Postgres has no text with a NUL.
pub(crate) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// As Postgres has it.
pub(super) fn number(epoch: u64) -> i32 {
    i32::try_from(epoch).unwrap_or(i32::MAX)
}

pub(super) fn bigint(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
