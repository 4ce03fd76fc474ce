//! How fast a ledger is verified: filled through the append, then read and hashed as a whole.

use std::sync::Arc;

use xentri_ledger::{CheckpointBook, verify_ledger};

use crate::contender::{Contender as _, Scenario};
use crate::fill::{FILLING, fill};
use crate::ours::Ours;

/// The first finds little in memory.
const RUNS: usize = 3;

pub(crate) async fn run(events: u64) -> anyhow::Result<()> {
    let ours = Arc::new(Ours::<true>::set_up(FILLING).await?);
    fill(&ours, Scenario::Lifecycle, events).await?;
    for _ in 0..RUNS {
        let databases = ours.ledger().databases();
        let report = verify_ledger(databases, &CheckpointBook::default(), |_| {}).await?;
        println!(
            "verified {} events of {} orgs on {} shards in {:.2} s: {:.0}/s",
            report.events,
            report.orgs,
            report.shards.len(),
            report.took.as_secs_f64(),
            report.rate()
        );
    }
    Ok(())
}
