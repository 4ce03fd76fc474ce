//! Many events in a store before something is measured on it: whole lives, by many clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use uuid::Uuid;

use crate::contender::{Command, Contender, Scenario};
use crate::measure::Load;

const CLIENTS: usize = 256;
/// As a load, without an end.
pub(crate) const FILLING: Load = filling(Scenario::Lifecycle);
/// How often it tells on stderr how far it is.
const TELLING: Duration = Duration::from_secs(10);

pub(crate) const fn filling(scenario: Scenario) -> Load {
    Load { scenario, clients: CLIENTS, time: Duration::MAX }
}

/// So many events, and some more: no life is left half done.
pub(crate) async fn fill<C: Contender>(
    contender: &Arc<C>,
    scenario: Scenario,
    events: u64,
) -> anyhow::Result<()> {
    let began = Instant::now();
    let of_each = scenario.events();
    let left = Arc::new(AtomicU64::new(events.div_ceil(of_each)));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(client(Arc::clone(contender), scenario, Arc::clone(&left)));
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
                let missing = left.load(Ordering::Relaxed) * of_each;
                eprintln!("filling: {} of {events} events", events.saturating_sub(missing));
            }
        }
    }
    eprintln!("filled with {events} events in {:.0} s", began.elapsed().as_secs_f64());
    Ok(())
}

async fn client<C: Contender>(
    contender: Arc<C>,
    scenario: Scenario,
    left: Arc<AtomicU64>,
) -> anyhow::Result<()> {
    let one_less = |left: u64| left.checked_sub(1);
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
        let lead = Uuid::now_v7();
        for step in 0..scenario.steps() {
            contender.execute(Command { lead, step }).await?;
        }
    }
    Ok(())
}
