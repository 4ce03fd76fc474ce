//! Many events in a store before something is measured on it: whole lives of leads, by many clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use uuid::Uuid;

use crate::contender::{Command, Contender, Scenario};
use crate::measure::Load;

const CLIENTS: usize = 256;
/// As a load, without an end.
pub(crate) const FILLING: Load =
    Load { scenario: Scenario::Lifecycle, clients: CLIENTS, time: Duration::MAX };
/// How often it tells on stderr how far it is.
const TELLING: Duration = Duration::from_secs(10);

/// So many events, and up to four more: the last lead is not left half done.
pub(crate) async fn fill<C: Contender>(contender: &Arc<C>, events: u64) -> anyhow::Result<()> {
    let began = Instant::now();
    let steps = u64::try_from(Scenario::Lifecycle.steps())?;
    let left = Arc::new(AtomicU64::new(events.div_ceil(steps)));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(client(Arc::clone(contender), Arc::clone(&left)));
    }
    let mut telling = tokio::time::interval(TELLING);
    telling.tick().await;
    loop {
        tokio::select! {
            client = clients.join_next() => match client {
                Some(client) => client??,
                None => break,
            },
            _ = telling.tick() => {
                let missing = left.load(Ordering::Relaxed) * steps;
                eprintln!("filling: {} of {events} events", events.saturating_sub(missing));
            }
        }
    }
    eprintln!("filled with {events} events in {:.0} s", began.elapsed().as_secs_f64());
    Ok(())
}

async fn client<C: Contender>(contender: Arc<C>, left: Arc<AtomicU64>) -> anyhow::Result<()> {
    let one_less = |left: u64| left.checked_sub(1);
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
        let lead = Uuid::now_v7();
        for step in 0..Scenario::Lifecycle.steps() {
            contender.execute(Command { lead, step }).await?;
        }
    }
    Ok(())
}
