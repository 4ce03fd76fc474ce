//! How an event stands with a reactor: what is parked of it, and what somebody has left out.

use sqlx::postgres::PgConnection;
use uuid::Uuid;
use xentri_ledger::{DatabaseError, Shard};
use xentri_projections::kit::LedgerEvent;

use super::reactor::{GENERATION, Reactor, VERSION};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing is before it.
    Free,
    /// One before it is parked that answers on the same stream.
    Waits,
    /// It is parked itself, or left out for good: there is nothing to do here.
    Settled,
}

const STANDING: &str = "select \
       exists (select from parked_discard where org_id = $1 and projection = $2 and event_id = $3) \
       or exists (select from parked_event where org_id = $1 and projection = $2 and version = $4 and generation = $5 \
                    and shard = $6 and position = $7), \
       exists (select from parked_event where org_id = $1 and projection = $2 and version = $4 and generation = $5 \
                 and shard = $6 and position < $7 and keys @> array[$8::uuid])";

/// `on`: where its answer goes.
pub(super) async fn standing_in_tx(
    connection: &mut PgConnection,
    shard: Shard,
    reactor: &dyn Reactor,
    event: &LedgerEvent,
    on: Uuid,
) -> Result<Standing, DatabaseError> {
    let (settled, waits): (bool, bool) = sqlx::query_as(STANDING)
        .bind(event.org().uuid())
        .bind(reactor.name())
        .bind(event.envelope.id.uuid())
        .bind(VERSION)
        .bind(GENERATION)
        .bind(shard.number())
        .bind(i64::try_from(event.position).unwrap_or(i64::MAX))
        .bind(on)
        .fetch_one(connection)
        .await?;
    Ok(match (settled, waits) {
        (true, _) => Standing::Settled,
        (false, true) => Standing::Waits,
        (false, false) => Standing::Free,
    })
}
