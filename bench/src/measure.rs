//! One run of one contender: its clients, and how long each of their commands took.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::contender::{Calls, Command, Contender, Scenario};
use crate::machine;

/// Three digits of a latency are kept, whatever its size.
const DIGITS: u8 = 3;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) scenario: Scenario,
    pub(crate) clients: usize,
    pub(crate) time: Duration,
}

/// What one run measured; latencies in microseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) rate: f64,
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) max: u64,
    /// Where commands go together.
    pub(crate) calls: Option<Calls>,
}

impl Sample {
    pub(crate) fn new(rate: f64, latencies: &Latencies) -> Self {
        let (p50, p99, max) = latencies.quantiles();
        Self { rate, p50, p99, max, calls: None }
    }
}

pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new(DIGITS)?))
    }

    pub(crate) fn record(&mut self, microseconds: u64) -> anyhow::Result<()> {
        Ok(self.0.record(microseconds)?)
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.len()
    }

    /// The median, the 99th percentile, and the longest.
    pub(crate) fn quantiles(&self) -> (u64, u64, u64) {
        (self.0.value_at_quantile(0.5), self.0.value_at_quantile(0.99), self.0.max())
    }

    pub(crate) fn add(&mut self, others: &Self) -> anyhow::Result<()> {
        Ok(self.0.add(&others.0)?)
    }
}

/// The first seconds of an empty database count: there is no warming up but the contender's own.
pub(crate) async fn run<C: Contender>(load: Load) -> anyhow::Result<Sample> {
    run_on(&Arc::new(C::set_up(load).await?), load).await
}

/// On a database that may hold something already.
pub(crate) async fn run_on<C: Contender>(contender: &Arc<C>, load: Load) -> anyhow::Result<Sample> {
    machine::checkpoint().await?;
    let start = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..load.clients {
        clients.spawn(client(Arc::clone(contender), load.scenario, start + load.time));
    }
    let mut latencies = Latencies::new()?;
    while let Some(client) = clients.join_next().await {
        latencies.add(&client??)?;
    }
    // A command that was under way at the end was waited for, so its time counts too.
    let seconds = start.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss, reason = "a count of commands is far below 2^52")]
    let rate = latencies.len() as f64 / seconds;
    contender.check(latencies.len()).await?;
    Ok(Sample { calls: contender.calls(), ..Sample::new(rate, &latencies) })
}

async fn client<C: Contender>(
    contender: Arc<C>,
    scenario: Scenario,
    end: Instant,
) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::new()?;
    loop {
        let lead = Uuid::now_v7();
        for step in 0..scenario.steps() {
            let start = Instant::now();
            if start >= end || contender.is_spent() {
                return Ok(latencies);
            }
            contender.execute(Command { lead, step }).await?;
            latencies.record(u64::try_from(start.elapsed().as_micros())?)?;
        }
    }
}
