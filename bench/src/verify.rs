//! How fast a ledger is verified: filled through the append, then read and hashed as a whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tokio::task::JoinSet;
use uuid::Uuid;
use xentri_ledger::{CheckpointBook, verify_ledger};

use crate::contender::{Command, Contender as _, Scenario};
use crate::ours::Ours;

/// Who fill it.
const CLIENTS: u64 = 256;
/// The first finds little in memory.
const RUNS: usize = 3;

pub(crate) async fn run(events: u64) -> anyhow::Result<()> {
    let ours = Arc::new(Ours::<true>::set_up().await?);
    let began = Instant::now();
    fill(&ours, events).await?;
    eprintln!("filled in {:.0} s", began.elapsed().as_secs_f64());
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

async fn fill(ours: &Arc<Ours<true>>, events: u64) -> anyhow::Result<()> {
    let steps = Scenario::Lifecycle.steps();
    let left = Arc::new(AtomicU64::new(events.div_ceil(u64::try_from(steps)?)));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (ours, left) = (ours.clone(), left.clone());
        clients.spawn(async move {
            let one_less = |left: u64| left.checked_sub(1);
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
                let lead = Uuid::now_v7();
                for step in 0..steps {
                    ours.execute(Command { lead, step }).await?;
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    Ok(())
}
