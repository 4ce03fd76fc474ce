//! One order.

use serde::Serialize;
use serde_json::Value;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;
use xentri_domain::kernel::Timestamp;
use xentri_ledger::{DatabaseError, Moment};

use crate::rebuild::book::{unreadable, words};
use crate::rebuild::{Phase, Progress, Request};

words! {
    /// What has become of it.
    OrderState {
        Waiting = "waiting",
        Running = "running",
        /// It is to end, and has not yet.
        Cancelling = "cancelling",
        /// Readers see what was made.
        Done = "done",
        /// What was made is not as what readers see, and was not put in its place.
        Differing = "differing",
        /// Somebody stopped it for now.
        Paused = "paused",
        Cancelled = "cancelled",
        Failed = "failed",
    }
}

/// As it is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Order {
    pub id: Uuid,
    pub projections: Vec<String>,
    pub accept: bool,
    pub keep: bool,
    /// Events a second.
    pub throttle: Option<u32>,
    pub state: OrderState,
    pub requested_by: String,
    pub requested_at: Timestamp,
    pub begun_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// What it is at, or ended at.
    pub phase: Option<String>,
    /// Of what the phase counts.
    pub done: i64,
    pub total: i64,
    /// Why it does not go on, where it does not.
    pub waits: Option<String>,
    /// Without what is personal.
    pub outcome: Option<Value>,
}

macro_rules! columns {
    () => {
        "id, projections, accept, keep, throttle, state, requested_by, requested_at, begun_at, ended_at, phase, done, total, \
         waits, outcome"
    };
}

pub(super) use columns;

impl Order {
    pub(super) fn request(&self) -> Request {
        Request {
            projections: self.projections.clone(),
            requested_by: self.requested_by.clone(),
            order: Some(self.id),
            only_resume: false,
            accept: self.accept,
            keep: self.keep,
        }
    }

    /// As far as it was told last.
    pub(super) fn progress(&self) -> Progress {
        let begun = Progress::default();
        let number = |count: i64| u64::try_from(count).unwrap_or_default();
        Progress {
            phase: self.phase.as_deref().and_then(Phase::parse).unwrap_or(begun.phase),
            done: number(self.done),
            total: number(self.total),
            ..begun
        }
    }

    pub(super) fn read(row: &PgRow) -> Result<Self, DatabaseError> {
        let moment = |column| Ok::<_, sqlx::Error>(row.try_get::<Option<Moment>, _>(column)?.map(|at| at.0));
        let state = OrderState::parse(row.try_get("state")?);
        let state = state.ok_or_else(|| unreadable("rebuild_order", "state"))?;
        let throttle: Option<i32> = row.try_get("throttle")?;
        Ok(Self {
            id: row.try_get("id")?,
            projections: row.try_get("projections")?,
            accept: row.try_get("accept")?,
            keep: row.try_get("keep")?,
            throttle: throttle.and_then(|throttle| u32::try_from(throttle).ok()),
            state,
            requested_by: row.try_get("requested_by")?,
            requested_at: row.try_get::<Moment, _>("requested_at")?.0,
            begun_at: moment("begun_at")?,
            ended_at: moment("ended_at")?,
            phase: row.try_get("phase")?,
            done: row.try_get("done")?,
            total: row.try_get("total")?,
            waits: row.try_get("waits")?,
            outcome: row.try_get("outcome")?,
        })
    }
}
