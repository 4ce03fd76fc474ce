//! Whether a chain was appended by a call whose answer was lost.
//!
//! Event ids are chosen before the call: where the stream has one of the chain's at the chain's version, the call was
//! committed. Where it has not, it may still be: the old backend can be waiting for its lock. So whoever then sends
//! the chain again and is refused asks once more, for the refusal may be the chain's own doing.

use std::collections::HashMap;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Row};
use uuid::Uuid;

use super::chain::{Chain, ChainStream};
use super::outcome::{Appended, Outcome, Place};
use crate::database::{Moment, begin_for};

#[derive(Debug, Clone, Copy)]
struct Found {
    org_seq: i64,
    position: i64,
    epoch: i32,
    recorded_at: Moment,
}

/// The outcome if the chain is in the ledger. A chain without events leaves at most receipts, which answer for
/// themselves when it is sent again.
pub(super) async fn find(
    connection: &mut PgConnection,
    chain: &Chain,
) -> Result<Option<Outcome>, sqlx::Error> {
    if chain.events() == 0 {
        return Ok(None);
    }
    let begin = AssertSqlSafe(begin_for(chain.home.org(), "read only"));
    let mut tx = connection.begin_with(begin).await?;
    let mut found = HashMap::new();
    for known in chain.streams.iter().filter(|known| known.events > 0) {
        found.extend(events(&mut tx, chain, known).await?);
    }
    tx.commit().await?;
    Ok(outcome(chain, &found))
}

async fn events(
    tx: &mut PgConnection,
    chain: &Chain,
    known: &ChainStream,
) -> Result<Vec<(Uuid, Found)>, sqlx::Error> {
    let rows = sqlx::query(
        "select id, org_seq, position, epoch, recorded_at from event \
         where shard = $1 and org_id = $2 and stream_type = $3 and stream_id = $4 and version > $5 and version <= $6",
    )
    .bind(chain.home.shard().number())
    .bind(chain.home.org().uuid())
    .bind(known.stream.stream_type)
    .bind(known.stream.id.uuid())
    .bind(i64::from(known.expected))
    .bind(i64::from(known.left()))
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|row| {
            let found = Found {
                org_seq: row.try_get(1)?,
                position: row.try_get(2)?,
                epoch: row.try_get(3)?,
                recorded_at: row.try_get(4)?,
            };
            Ok((row.try_get(0)?, found))
        })
        .collect()
}

/// A chain goes in whole: one event that is missing says that none of it is there.
fn outcome(chain: &Chain, found: &HashMap<Uuid, Found>) -> Option<Outcome> {
    let any = *found.values().next()?;
    let number = |value: i64| u64::try_from(value).unwrap_or_default();
    let mut appended = Vec::new();
    for command in &chain.commands {
        let events = &command.record.events;
        let places: Option<Vec<Found>> =
            events.iter().map(|event| found.get(&event.id.uuid()).copied()).collect();
        let places = places?;
        let events = places.first().zip(places.last()).map(|(first, last)| Place {
            first_org_seq: number(first.org_seq),
            last_position: number(last.position),
        });
        appended.push(Appended {
            shard: chain.home.shard(),
            epoch: number(any.epoch.into()),
            events,
            recorded_at: any.recorded_at.0,
        });
    }
    Some(Outcome::Appended(appended))
}
