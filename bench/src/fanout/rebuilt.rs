//! One read model made anew by `xentri rebuild`, from the first event of a ledger that is folded already.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::sleep;

use super::Sample;
use super::backlog::recorded;
use super::catch_up::fold;
use super::usage::Meter;
use crate::contender::{Contender as _, Scenario};
use crate::dispatched::Dispatched;
use crate::fill::{FILLING, fill};
use crate::machine;
use crate::process::role;

const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Leads, each with the five events of its life, in the read models already.
pub(super) struct Folded {
    filled: Arc<Dispatched>,
    events: u64,
}

impl Folded {
    pub(super) async fn fill(events: u64) -> anyhow::Result<Self> {
        let filled = Arc::new(Dispatched::set_up(FILLING).await?);
        fill(&filled, Scenario::Lifecycle, events).await?;
        fold(filled.database()).await?;
        let events = recorded(&mut filled.database().connect_as_admin().await).await?;
        Ok(Self { filled, events })
    }

    /// Loaded, that is; that the new rows are the old ones is proven afterwards, or this fails.
    pub(super) async fn rebuild(&self) -> anyhow::Result<Sample> {
        machine::checkpoint().await?;
        let mut postgres = self.filled.database().connect_as_admin().await;
        let mut rebuild = role("rebuild", self.filled.database(), None)?;
        // Nobody reads, so nobody has to be waited for.
        rebuild.args(["leads", "--json", "--grace", "1s"]).env("XENTRI_HTTP_REQUEST_TIMEOUT", "1s");
        let mut process =
            rebuild.stdout(Stdio::piped()).spawn().context("xentri rebuild can't be started")?;
        let mut lines = BufReader::new(process.stdout.take().context("no output")?).lines();
        let mut meter = Meter::of(&process);
        // Whoever filled the ledger is connected still.
        meter.look(&mut postgres).await?;
        meter.begin();
        let mut used = None;
        loop {
            tokio::select! {
                () = sleep(LOOK_EVERY) => meter.look(&mut postgres).await?,
                line = lines.next_line() => {
                    let Some(line) = line? else { bail!("xentri rebuild has ended: {}", process.wait().await?) };
                    let told: Value = serde_json::from_str(&line)?;
                    if told["progress"]["phase"] == "comparing" && used.is_none() {
                        used = meter.used(self.events);
                    }
                    if let Some(millis) = told["loaded_ms"].as_f64() {
                        ensure!(told["events"].as_u64() == Some(self.events), "not all events: {told}");
                        ensure!(process.wait().await?.success(), "xentri rebuild has failed");
                        #[allow(clippy::cast_precision_loss, reason = "a count of events is far below 2^52")]
                        let rate = self.events as f64 * 1000.0 / millis;
                        return Ok(Sample { rate, visible: None, used });
                    }
                }
            }
        }
    }
}
