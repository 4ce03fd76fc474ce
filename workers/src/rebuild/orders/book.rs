//! What was ordered, in the first of the databases.

use serde_json::Value;
use sqlx::postgres::{PgArguments, PgConnection, Postgres};
use sqlx::query::Query;
use thiserror::Error;
use uuid::Uuid;
use xentri_ledger::{DatabaseError, Databases, Shard, WorkerTx};

use super::order::{Order, OrderState, columns};
use crate::rebuild::{Progress, Request};

/// The newest of them are told.
const TOLD: i64 = 100;

const OF_ID: &str = concat!("select ", columns!(), " from rebuild_order where id = $1");
const NEWEST: &str =
    concat!("select ", columns!(), " from rebuild_order order by requested_at desc, id limit $1");
const OPEN: &str =
    concat!("select ", columns!(), " from rebuild_order where ended_at is null order by requested_at, id");

const TELL: &str = concat!(
    "update rebuild_order set phase = $2, done = $3, total = $4, waits = $5, begun_at = coalesce(begun_at, now()), \
            state = case when state = 'waiting' then 'running' else state end \
     where id = $1 returning ",
    columns!()
);

const END: &str = "update rebuild_order set phase = $2, done = $3, total = $4, waits = null, state = $5, outcome = $6, \
            begun_at = coalesce(begun_at, now()), ended_at = now() \
      where id = $1";

const CANCEL: &str = "update rebuild_order \
        set state = case when state = 'waiting' then 'cancelled' else 'cancelling' end, \
            ended_at = case when state = 'waiting' then now() end \
      where id = $1 and ended_at is null";

#[derive(Debug, Error)]
pub enum OrderError {
    /// That order is not done yet.
    #[error("{projection} is in the rebuild {order}, which has not ended")]
    Open { projection: String, order: Uuid },
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for OrderError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Orders {
    databases: Databases,
    shard: Shard,
}

impl Orders {
    pub fn new(databases: Databases) -> Self {
        let first = databases.shard_map().databases().first().and_then(|one| one.shards.first().copied());
        Self { databases, shard: first.unwrap_or(Shard::new(0)) }
    }

    /// Whoever leads it does what is ordered.
    pub fn shard(&self) -> Shard {
        self.shard
    }

    /// Whether there are such read models is for the caller to know.
    pub async fn place(&self, request: &Request, throttle: Option<u32>) -> Result<Order, OrderError> {
        let mut tx = self.begin().await?;
        let connection = tx.connection();
        // Of two that come at once, one sees the other.
        sqlx::query("lock table rebuild_order in share row exclusive mode").execute(&mut *connection).await?;
        for open in open_in_tx(connection).await? {
            if let Some(projection) = open.projections.iter().find(|one| request.projections.contains(one)) {
                return Err(OrderError::Open { projection: projection.clone(), order: open.id });
            }
        }
        let order = Uuid::now_v7();
        sqlx::query(
            "insert into rebuild_order (id, projections, accept, keep, throttle, requested_by) \
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(order)
        .bind(&request.projections)
        .bind(request.accept)
        .bind(request.keep)
        .bind(throttle.map(|throttle| i32::try_from(throttle).unwrap_or(i32::MAX)))
        .bind(&request.requested_by)
        .execute(&mut *connection)
        .await?;
        let placed = sqlx::query(OF_ID).bind(order).fetch_one(connection).await?;
        tx.commit().await?;
        Ok(Order::read(&placed)?)
    }

    pub async fn find(&self, order: Uuid) -> Result<Option<Order>, DatabaseError> {
        let mut tx = self.begin().await?;
        let row = sqlx::query(OF_ID).bind(order).fetch_optional(tx.connection()).await?;
        tx.commit().await?;
        row.as_ref().map(Order::read).transpose()
    }

    /// The newest first.
    pub async fn list(&self) -> Result<Vec<Order>, DatabaseError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query(NEWEST).bind(TOLD).fetch_all(tx.connection()).await?;
        tx.commit().await?;
        rows.iter().map(Order::read).collect()
    }

    /// One that waits ends now, one that runs as soon as it is noticed. One that has ended stays as it is.
    pub async fn cancel(&self, order: Uuid) -> Result<Option<Order>, DatabaseError> {
        let mut tx = self.begin().await?;
        sqlx::query(CANCEL).bind(order).execute(tx.connection()).await?;
        tx.commit().await?;
        self.find(order).await
    }

    /// What is to be done first.
    pub(super) async fn next(&self) -> Result<Option<Order>, DatabaseError> {
        let mut tx = self.begin().await?;
        let open = open_in_tx(tx.connection()).await?;
        tx.commit().await?;
        Ok(open.into_iter().next())
    }

    /// What has become of it meanwhile.
    pub(super) async fn tell(&self, order: Uuid, progress: &Progress) -> Result<OrderState, DatabaseError> {
        let mut tx = self.begin().await?;
        let query = at(TELL, order, progress).bind(&progress.waits);
        let row = query.fetch_one(tx.connection()).await?;
        tx.commit().await?;
        Ok(Order::read(&row)?.state)
    }

    pub(super) async fn end(
        &self,
        order: Uuid,
        state: OrderState,
        outcome: Option<&Value>,
        last: &Progress,
    ) -> Result<(), DatabaseError> {
        let mut tx = self.begin().await?;
        let query = at(END, order, last).bind(state.as_str()).bind(outcome);
        query.execute(tx.connection()).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn begin(&self) -> Result<WorkerTx, DatabaseError> {
        WorkerTx::begin(&self.databases, self.shard, &[]).await
    }
}

fn at<'q>(query: &'static str, order: Uuid, progress: &Progress) -> Query<'q, Postgres, PgArguments> {
    let bigint = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let query = sqlx::query(query).bind(order).bind(progress.phase.as_str());
    query.bind(bigint(progress.done)).bind(bigint(progress.total))
}

async fn open_in_tx(connection: &mut PgConnection) -> Result<Vec<Order>, DatabaseError> {
    sqlx::query(OPEN).fetch_all(connection).await?.iter().map(Order::read).collect()
}
