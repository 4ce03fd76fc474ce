//! How fast a process goes through a backlog, from the first progress that shows: what it needs to start is no rate.

use std::time::Duration;

use anyhow::ensure;
use sqlx::postgres::PgConnection;
use tokio::process::Child;
use tokio::time::{Instant, sleep};

use super::usage::{LOOK_EVERY, Meter, Used};

const PATIENCE: Duration = Duration::from_mins(10);

#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    /// From when it showed first to the end.
    pub(super) units: u64,
    pub(super) took: Duration,
    pub(super) used: Option<Used>,
}

/// Until so many are done, as `done` tells.
pub(super) async fn watch(
    process: &mut Child,
    postgres: &mut PgConnection,
    wanted: u64,
    done: impl AsyncFn(&mut PgConnection) -> anyhow::Result<u64>,
) -> anyhow::Result<Progress> {
    let began = Instant::now();
    let mut meter = Meter::of(process);
    let mut first = None;
    loop {
        let now_done = done(postgres).await?;
        meter.look(postgres).await?;
        if first.is_none() && now_done > 0 {
            first = Some((Instant::now(), now_done));
            meter.begin();
        }
        if let Some((since, before)) = first.filter(|_| now_done >= wanted) {
            let units = now_done - before;
            return Ok(Progress { units, took: since.elapsed(), used: meter.used(units) });
        }
        ensure!(process.try_wait()?.is_none(), "xentri ended at {now_done} of {wanted}");
        ensure!(began.elapsed() < PATIENCE, "it stands at {now_done} of {wanted}");
        sleep(LOOK_EVERY).await;
    }
}
