//! All read models together, from the first event of the ledger to its head, by one `xentri work`.

use anyhow::Context as _;

use super::Sample;
use super::backlog::{Backlog, folded};
use super::progress::watch;
use crate::process::role;

pub(super) async fn run(backlog: &Backlog) -> anyhow::Result<Sample> {
    let mut postgres = backlog.as_new().await?;
    let mut work = role("work", backlog.database(), None)?.spawn().context("xentri work can't be started")?;
    let progress = watch(&mut work, &mut postgres, backlog.events, folded).await?;
    work.kill().await?;
    #[allow(clippy::cast_precision_loss, reason = "a count of events is far below 2^52")]
    let rate = progress.units as f64 / progress.took.as_secs_f64();
    Ok(Sample { rate, visible: None, used: progress.used })
}
