//! How far each topic has come in a shard.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sqlx::Row as _;
use xentri_ledger::{DatabaseError, RelayTx, Shard};

use crate::feed::Place;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Everything up to it is in the topic, or does not belong there.
    pub(crate) read: Place,
    /// Of the last event that is in the topic.
    pub(super) prev: Place,
}

const LOAD: &str =
    "select topic, epoch, position, prev_epoch, prev_position from relay_cursor where shard = $1";

/// Never back: a relay that has lost the shard without knowing it can't undo what another did since.
const SAVE: &str = "insert into relay_cursor (shard, topic, epoch, position, prev_epoch, prev_position) \
     select $1, * from unnest($2::text[], $3::int[], $4::bigint[], $5::int[], $6::bigint[]) \
     on conflict (shard, topic) do update set epoch = excluded.epoch, position = excluded.position, \
       prev_epoch = excluded.prev_epoch, prev_position = excluded.prev_position, updated_at = now() \
     where (relay_cursor.epoch, relay_cursor.position) < (excluded.epoch, excluded.position)";

pub(crate) async fn load_cursors_in_tx(
    tx: &mut RelayTx,
    shard: Shard,
) -> Result<BTreeMap<String, Cursor>, DatabaseError> {
    let rows = sqlx::query(LOAD).bind(shard.number()).fetch_all(tx.connection()).await?;
    let mut cursors = BTreeMap::new();
    for row in rows {
        let place = |epoch, position| -> Result<Place, sqlx::Error> {
            Ok(Place {
                epoch: row.try_get::<i32, _>(epoch)?.unsigned_abs().into(),
                position: row.try_get::<i64, _>(position)?.unsigned_abs(),
            })
        };
        cursors.insert(row.try_get(0)?, Cursor { read: place(1, 2)?, prev: place(3, 4)? });
    }
    Ok(cursors)
}

/// All topics of the shard in one statement. The commit waits for no disk: a move that is lost is made again, and what
/// was sent since is sent twice.
pub(super) async fn save_cursors_in_tx(
    tx: &mut RelayTx,
    shard: Shard,
    cursors: &BTreeMap<String, Cursor>,
) -> Result<(), DatabaseError> {
    let epochs = |of: fn(&Cursor) -> Place| -> Vec<i32> {
        cursors.values().map(|cursor| i32::try_from(of(cursor).epoch).unwrap_or(i32::MAX)).collect()
    };
    let positions = |of: fn(&Cursor) -> Place| -> Vec<i64> {
        cursors.values().map(|cursor| i64::try_from(of(cursor).position).unwrap_or(i64::MAX)).collect()
    };
    sqlx::query("set local synchronous_commit = off").execute(tx.connection()).await?;
    let save = sqlx::query(SAVE).bind(shard.number()).bind(cursors.keys().cloned().collect::<Vec<_>>());
    let save = save.bind(epochs(|cursor| cursor.read)).bind(positions(|cursor| cursor.read));
    let save = save.bind(epochs(|cursor| cursor.prev)).bind(positions(|cursor| cursor.prev));
    save.execute(tx.connection()).await?;
    Ok(())
}

/// What Kafka has acknowledged, topic by topic, whether it is saved already or not.
#[derive(Debug, Default)]
pub(super) struct Acknowledged(Mutex<Moves>);

#[derive(Debug, Default)]
struct Moves {
    all: BTreeMap<String, Cursor>,
    unsaved: BTreeMap<String, Cursor>,
}

impl Acknowledged {
    pub(super) fn of(all: BTreeMap<String, Cursor>) -> Self {
        Self(Mutex::new(Moves { all, unsaved: BTreeMap::new() }))
    }

    /// The beginning, of a topic that nothing was sent to.
    pub(super) fn get(&self, topic: &str) -> Cursor {
        self.moves().all.get(topic).copied().unwrap_or_default()
    }

    pub(super) fn set(&self, topic: &str, cursor: Cursor) {
        let mut moves = self.moves();
        moves.all.insert(topic.to_owned(), cursor);
        moves.unsaved.insert(topic.to_owned(), cursor);
    }

    /// As if nothing had ever been sent to it.
    pub(super) fn forget(&self, topic: &str) {
        let mut moves = self.moves();
        moves.all.remove(topic);
        moves.unsaved.remove(topic);
    }

    pub(super) fn unsaved(&self) -> BTreeMap<String, Cursor> {
        self.moves().unsaved.clone()
    }

    /// Those that have moved on since stay unsaved.
    pub(super) fn saved(&self, cursors: &BTreeMap<String, Cursor>) {
        self.moves().unsaved.retain(|topic, cursor| cursors.get(topic) != Some(cursor));
    }

    fn moves(&self) -> MutexGuard<'_, Moves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
