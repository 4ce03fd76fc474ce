//! What the database says of a shard's read models.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;
use xentri_domain::kernel::{EventId, OrgId};
use xentri_ledger::{DatabaseError, Moment, Shard, WorkerTx, shard_heads_in_tx};
use xentri_projections::kit::ReadModel;

use super::checkpoint::member_id;
use super::member::{Key, Member, MemberId};
use super::open::Trouble;
use super::transaction::Ledger;
use crate::feed::{Place, TopicPlace};

pub(super) type Models = Arc<Vec<Arc<dyn ReadModel>>>;

/// A generation that readers see begins at the first event. Any other was made from a place, and has a checkpoint.
const BEGIN: &str = "insert into projection_checkpoint (projection, version, generation, shard, epoch, position) \
     select made.projection, made.version, made.generation, $1, 0, 0 \
       from projection_generation made join unnest($2::text[], $3::int[]) ours(projection, version) \
         on made.projection = ours.projection and made.version = ours.version \
      where made.state = 'live' on conflict do nothing";

const FED: &str = "select made.projection, made.version, made.generation, at.updated_at, at.epoch, at.position, \
            at.topic_id, at.topic_offset \
       from projection_generation made join unnest($2::text[], $3::int[]) ours(projection, version) \
         on made.projection = ours.projection and made.version = ours.version \
       left join projection_checkpoint at on at.projection = made.projection and at.version = made.version \
         and at.generation = made.generation and at.shard = $1 \
      where made.state = 'live' or (made.state in ('grace', 'sealed') and at.position is not null) \
      order by 1, 2, 3";

/// Every generation that is fed, and when its checkpoint moved last; none before it has one.
pub(super) type Glance = BTreeMap<MemberId, Option<Moment>>;

impl Ledger {
    /// Without what is parked.
    pub(super) async fn glance(&self, models: &Models) -> Result<(Glance, Place), Trouble> {
        let mut tx = WorkerTx::begin(&self.databases, self.shard, &[]).await?;
        let rows = fed_in_tx(tx.connection(), self.shard, models).await?;
        let heads = shard_heads_in_tx(&mut tx, &[self.shard]).await?;
        tx.commit().await?;
        let stamped = |row| Ok((member_id(row)?, row.try_get(3)?));
        let glance = rows.iter().map(stamped).collect::<Result<_, sqlx::Error>>()?;
        let head = heads.get(&self.shard).map(|head| Place { epoch: head.epoch, position: head.position });
        Ok((glance, head.unwrap_or_default()))
    }

    /// Checkpoints are read before what is parked: whoever changes that in between moves the checkpoint's time too, so a
    /// member that is wrong about it writes nothing.
    pub(super) async fn load(&self, models: &Models) -> Result<Vec<Member>, Trouble> {
        let mut tx = WorkerTx::begin(&self.databases, self.shard, &[]).await?;
        let connection = tx.connection();
        lock_discards_in_tx(connection, false).await?;
        of_models(BEGIN, self.shard, models).execute(&mut *connection).await?;
        let rows = fed_in_tx(connection, self.shard, models).await?;
        let mut members: BTreeMap<MemberId, Member> = BTreeMap::new();
        for row in &rows {
            let id = member_id(row)?;
            let model =
                models.iter().find(|model| model.name() == id.projection && model.version() == id.version);
            if let Some(model) = model {
                let member = read(model.clone(), id.generation, row)?;
                members.insert(id, member);
            }
        }
        block_in_tx(connection, self.shard, &mut members).await?;
        let discarded = discarded_in_tx(connection).await?;
        tx.commit().await?;
        for member in members.values_mut() {
            member.discarded = discarded.get(member.model.name()).cloned().unwrap_or_default();
        }
        Ok(members.into_values().collect())
    }
}

type Statement = sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn of_models(statement: &'static str, shard: Shard, models: &Models) -> Statement {
    let names: Vec<_> = models.iter().map(|model| model.name().to_owned()).collect();
    let versions: Vec<_> = models.iter().map(|model| model.version()).collect();
    sqlx::query(statement).bind(shard.number()).bind(names).bind(versions)
}

async fn fed_in_tx(
    connection: &mut PgConnection,
    shard: Shard,
    models: &Models,
) -> Result<Vec<PgRow>, sqlx::Error> {
    of_models(FED, shard, models).fetch_all(connection).await
}

fn read(model: Arc<dyn ReadModel>, generation: i32, row: &PgRow) -> Result<Member, sqlx::Error> {
    let place = Place {
        epoch: u64::try_from(row.try_get::<i32, _>(4)?).unwrap_or_default(),
        position: u64::try_from(row.try_get::<i64, _>(5)?).unwrap_or_default(),
    };
    let (topic_id, offset): (Option<String>, Option<i64>) = (row.try_get(6)?, row.try_get(7)?);
    let topic = topic_id.zip(offset).map(|(topic_id, next_offset)| TopicPlace { topic_id, next_offset });
    Ok(Member {
        model,
        generation,
        place,
        topic,
        stamp: row.try_get(3)?,
        blocked: HashSet::new(),
        parked: 0,
        discarded: Arc::default(),
    })
}

async fn block_in_tx(
    connection: &mut PgConnection,
    shard: Shard,
    members: &mut BTreeMap<MemberId, Member>,
) -> Result<(), Trouble> {
    let query = "select projection, version, generation, org_id, keys from parked_event where shard = $1";
    for row in sqlx::query(query).bind(shard.number()).fetch_all(connection).await? {
        let Some(member) = members.get_mut(&member_id(&row)?) else { continue };
        let org = OrgId::try_from(row.try_get::<Uuid, _>(3)?).map_err(|_| unreadable("org_id"))?;
        let keys: Vec<Uuid> = row.try_get(4)?;
        member.blocked.extend(keys.into_iter().map(|id| -> Key { (org, id) }));
        member.parked += 1;
    }
    Ok(())
}

/// By projection, whichever version: of all orgs, for there are few.
async fn discarded_in_tx(
    connection: &mut PgConnection,
) -> Result<HashMap<String, Arc<HashSet<EventId>>>, Trouble> {
    let rows = sqlx::query("select projection, event_id from parked_discard").fetch_all(connection).await?;
    let mut all: HashMap<String, HashSet<EventId>> = HashMap::new();
    for row in rows {
        let event = EventId::try_from(row.try_get::<Uuid, _>(1)?).map_err(|_| unreadable("event_id"))?;
        all.entry(row.try_get(0)?).or_default().insert(event);
    }
    Ok(all.into_iter().map(|(projection, events)| (projection, Arc::new(events))).collect())
}

/// A worker that loads what is discarded has a checkpoint by then, or waits until whoever discards has gone through the
/// checkpoints: one of the two always learns of the other.
pub(crate) async fn lock_discards_in_tx(
    connection: &mut PgConnection,
    to_write: bool,
) -> Result<(), Trouble> {
    const DISCARDS: i64 = 0x0058_454e_5452_4903;
    let lock = if to_write { "pg_advisory_xact_lock" } else { "pg_advisory_xact_lock_shared" };
    let query = sqlx::query(sqlx::AssertSqlSafe(format!("select {lock}($1)")));
    query.bind(DISCARDS).execute(connection).await?;
    Ok(())
}

fn unreadable(column: &str) -> DatabaseError {
    let message = format!("column {column} of a parked event holds what this program can't read");
    DatabaseError::Failed { code: "none".to_owned(), message }
}
