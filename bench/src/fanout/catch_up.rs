//! All read models together, from the first event of the ledger to its head, by one `xentri work`.

use std::time::Duration;

use anyhow::Context as _;
use sqlx::Executor as _;
use tokio::time::sleep;
use xentri_testkit::TestDb;

use super::Sample;
use super::backlog::{Backlog, folded, recorded};
use super::progress::watch;
use crate::process::role;

const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(super) async fn run(backlog: &Backlog) -> anyhow::Result<Sample> {
    let mut postgres = backlog.as_new().await?;
    let mut work = role("work", backlog.database(), None)?.spawn().context("xentri work can't be started")?;
    let progress = watch(&mut work, &mut postgres, backlog.events, folded).await?;
    work.kill().await?;
    #[allow(clippy::cast_precision_loss, reason = "a count of events is far below 2^52")]
    let rate = progress.units as f64 / progress.took.as_secs_f64();
    Ok(Sample { rate, used: progress.used, ..Sample::default() })
}

/// All that is in a ledger, before something else is measured on the read models.
pub(crate) async fn fold(database: &TestDb) -> anyhow::Result<()> {
    let mut postgres = database.connect_as_admin().await;
    let events = recorded(&mut postgres).await?;
    let mut work = role("work", database, None)?.spawn().context("xentri work can't be started")?;
    while folded(&mut postgres).await? < events {
        sleep(LOOK_EVERY).await;
    }
    work.kill().await?;
    postgres.execute("vacuum (analyze)").await?;
    Ok(())
}
