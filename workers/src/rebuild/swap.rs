//! What readers see: a generation put in the place of another, and back.

use std::time::Duration;

use rand::RngExt as _;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;
use tokio::time::{Instant, sleep};
use uuid::Uuid;
use xentri_ledger::{Databases, Shard, WorkerTx};

use super::RebuildError;
use super::book::{Phase, enter_in_tx, named};
use super::control::Control;
use crate::runtime::MemberId;

/// Readers queue behind a swap that waits: it gives up after a tenth of a second, and is tried again that much later.
const BETWEEN_TRIES: std::ops::Range<u64> = 50..250;

/// What came of a try.
enum Tried {
    /// And for how long readers could not begin.
    Swapped(Duration),
    /// By a try whose answer was lost.
    SwappedBefore,
    /// Readers would go back in time.
    Behind,
}

/// A swap from one generation to another of the same version.
pub(super) struct Swap<'a> {
    pub(super) databases: &'a Databases,
    pub(super) shard: Shard,
    /// Whose rebuild it is.
    pub(super) of: &'a MemberId,
    pub(super) to: &'a MemberId,
    /// What readers see now, if it may not be ahead; none where it is not whole.
    pub(super) from: Option<&'a MemberId>,
    pub(super) phase: Phase,
    /// For which it is done.
    pub(super) order: Option<Uuid>,
    pub(super) grace: Duration,
    pub(super) patience: Duration,
}

impl Swap<'_> {
    /// Tries until nobody is in the way. For how long readers could not begin.
    pub(super) async fn swap(&self, control: Option<&Control>) -> Result<Duration, RebuildError> {
        let (begun, mut lost) = (Instant::now(), Duration::ZERO);
        loop {
            control.map_or(Ok(()), Control::check)?;
            let tried_at = Instant::now();
            match self.try_swap().await {
                Ok(Tried::Swapped(locked)) => return Ok(locked),
                Ok(Tried::SwappedBefore) => return Ok(lost),
                Ok(Tried::Behind) => {}
                Err(error) if error.is_transient() && begun.elapsed() < self.patience => {
                    lost = tried_at.elapsed();
                    tracing::info!(projection = %self.to, %error, "a swap is tried again");
                }
                Err(error) => return Err(error),
            }
            if begun.elapsed() > self.patience {
                let minutes = self.patience.as_secs() / 60;
                return Err(RebuildError::Behind { id: self.to.clone(), shard: self.shard, minutes });
            }
            let pause = rand::rng().random_range(BETWEEN_TRIES);
            sleep(Duration::from_millis(pause)).await;
        }
    }

    async fn try_swap(&self) -> Result<Tried, RebuildError> {
        let mut tx = WorkerTx::begin(self.databases, self.shard, &[]).await?;
        let connection = tx.connection();
        if self.is_done_in_tx(connection).await? {
            return Ok(Tried::SwappedBefore);
        }
        if !self.is_there_in_tx(connection).await? {
            return Ok(Tried::Behind);
        }
        let locked = Instant::now();
        named("select app.swap_generation($1, $2, $3)", self.to).execute(&mut *connection).await?;
        enter_in_tx(connection, self.of, self.phase).await?;
        let seconds = i64::try_from(self.grace.as_secs()).unwrap_or(i64::MAX);
        let query = "update rebuild set wish = 'go', grace_until = now() + make_interval(secs => $4::bigint), \
                            order_id = coalesce($5, order_id) \
                     where projection = $1 and version = $2 and generation = $3";
        named(query, self.of).bind(seconds).bind(self.order).execute(connection).await?;
        tx.commit().await?;
        Ok(Tried::Swapped(locked.elapsed()))
    }

    /// Nothing but a swap brings a rebuild into this phase.
    async fn is_done_in_tx(&self, connection: &mut PgConnection) -> Result<bool, RebuildError> {
        let query = "select exists (select from rebuild \
                      where projection = $1 and version = $2 and generation = $3 and phase = $4)";
        let query = named(query, self.of).bind(self.phase.as_str());
        Ok(query.fetch_one(connection).await?.try_get(0)?)
    }

    /// Holds the checkpoints of both until the end of the transaction: what readers have seen they go on seeing.
    async fn is_there_in_tx(&self, connection: &mut PgConnection) -> Result<bool, RebuildError> {
        let Some(from) = self.from else { return Ok(true) };
        let held = "select generation from projection_checkpoint where projection = $1 and version = $2 \
                    and generation in ($3, $4) order by generation, shard for update";
        named(held, from).bind(self.to.generation).execute(&mut *connection).await?;
        let behind = "select count(*) from projection_checkpoint f left join projection_checkpoint t \
                on t.projection = f.projection and t.version = f.version and t.shard = f.shard and t.generation = $4 \
             where f.projection = $1 and f.version = $2 and f.generation = $3 \
               and (t.position is null or (t.epoch, t.position) < (f.epoch, f.position))";
        let behind = named(behind, from).bind(self.to.generation).fetch_one(connection).await?;
        Ok(behind.try_get::<i64, _>(0)? == 0)
    }
}
