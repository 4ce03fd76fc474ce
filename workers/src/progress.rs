//! How far everything has come in each shard, as the databases say: for whoever asks from outside the processes that do it.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row as _;
use sqlx::postgres::PgConnection;
use xentri_ledger::{
    DatabaseError, Databases, Duty, RelayTx, Shard, WorkerTx, shard_heads_in_tx, standing_in_tx,
};

use crate::feed::Place;
use crate::relay::load_cursors_in_tx;
use crate::runtime::MemberId;

/// Of one shard, all read in the same moment but for what is told of the relay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    pub head: Place,
    /// Up to where each topic has what belongs there. Also topics of names that were used before.
    pub relayed: BTreeMap<String, Place>,
    /// What readers see, of every version that there is.
    pub read_models: BTreeMap<MemberId, Place>,
    pub reactors: BTreeMap<String, Place>,
    pub parked: ParkedCount,
    /// What a process does for it now.
    pub led: Vec<Duty>,
}

/// In the read models that readers see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ParkedCount {
    /// Events that can't be folded.
    pub failed: u64,
    /// Events that wait behind them.
    pub waiting: u64,
}

const DUTIES: [Duty; 3] = [Duty::Relay, Duty::Work, Duty::Schedule];

/// Where nothing was folded yet there may be no checkpoint.
const READ_MODELS: &str = "select s.shard, g.projection, g.version, g.generation, \
       coalesce(c.epoch, 0), coalesce(c.position, 0) \
     from projection_generation g cross join unnest($1::int[]) s(shard) \
     left join projection_checkpoint c using (projection, version, generation, shard) where g.state = 'live'";

const REACTORS: &str = "select c.shard, c.projection, c.epoch, c.position from projection_checkpoint c \
     where c.shard = any($1) \
       and not exists (select from projection_generation g where g.projection = c.projection)";

const PARKED: &str = "select p.shard, count(p.error), count(*) - count(p.error) from parked_event p \
     join projection_generation g using (projection, version, generation) \
     where g.state = 'live' and p.shard = any($1) group by p.shard";

/// Of some shards that one database keeps.
pub async fn progress(
    databases: &Databases,
    shards: &[Shard],
) -> Result<BTreeMap<Shard, Progress>, DatabaseError> {
    let mut all: BTreeMap<_, _> = shards.iter().map(|shard| (*shard, Progress::default())).collect();
    let Some(first) = shards.first() else { return Ok(all) };
    let mut tx = WorkerTx::begin(databases, *first, &[]).await?;
    for (shard, head) in shard_heads_in_tx(&mut tx, shards).await? {
        if let Some(progress) = all.get_mut(&shard) {
            progress.head = Place { epoch: head.epoch, position: head.position };
        }
    }
    for duty in DUTIES {
        let led: BTreeSet<_> = standing_in_tx(&mut tx, duty).await?.led.into_keys().collect();
        all.iter_mut().filter(|(shard, _)| led.contains(shard)).for_each(|(_, known)| known.led.push(duty));
    }
    add_checkpoints(tx.connection(), &mut all).await?;
    tx.commit().await?;
    let mut tx = RelayTx::begin(databases, *first).await?;
    for (shard, progress) in &mut all {
        let cursors = load_cursors_in_tx(&mut tx, *shard).await?;
        progress.relayed = cursors.into_iter().map(|(topic, cursor)| (topic, cursor.read)).collect();
    }
    tx.commit().await?;
    Ok(all)
}

async fn add_checkpoints(
    connection: &mut PgConnection,
    all: &mut BTreeMap<Shard, Progress>,
) -> Result<(), DatabaseError> {
    let numbers: Vec<_> = all.keys().map(|shard| shard.number()).collect();
    for row in sqlx::query(READ_MODELS).bind(&numbers).fetch_all(&mut *connection).await? {
        if let Some(progress) = of(all, row.try_get(0)?) {
            let (projection, version, generation) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
            let id = MemberId { projection, version, generation };
            progress.read_models.insert(id, place(row.try_get(4)?, row.try_get(5)?));
        }
    }
    for row in sqlx::query(REACTORS).bind(&numbers).fetch_all(&mut *connection).await? {
        if let Some(progress) = of(all, row.try_get(0)?) {
            progress.reactors.insert(row.try_get(1)?, place(row.try_get(2)?, row.try_get(3)?));
        }
    }
    for row in sqlx::query(PARKED).bind(&numbers).fetch_all(connection).await? {
        if let Some(progress) = of(all, row.try_get(0)?) {
            let (failed, waiting) = (number(row.try_get(1)?), number(row.try_get(2)?));
            progress.parked = ParkedCount { failed, waiting };
        }
    }
    Ok(())
}

fn of(all: &mut BTreeMap<Shard, Progress>, number: i32) -> Option<&mut Progress> {
    all.iter_mut().find(|(shard, _)| shard.number() == number).map(|(_, progress)| progress)
}

fn place(epoch: i32, position: i64) -> Place {
    Place { epoch: number(epoch.into()), position: number(position) }
}

fn number(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}
