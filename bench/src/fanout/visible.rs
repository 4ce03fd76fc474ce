//! From the answer to a command until everybody can read what it changed: commands by the clock, in this process; `xentri
//! work` behind it, and `xentri relay` where it goes by way of Kafka.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::process::Child;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use super::watcher::{Answered, comes_from_a_topic, micros, watch};
use super::{Pace, Quantiles, Sample, Source, Visible};
use crate::contender::{Command, Contender as _, Scenario};
use crate::dispatched::Dispatched;
use crate::machine;
use crate::measure::{Latencies, Load};
use crate::process::{KafkaPlace, role};
use crate::topics::Cleared;

/// Who send commands, each when it is its turn and the one before is answered.
const CLIENTS: u64 = 64;
/// At which everything is warmed up, and the first rate that is tried.
pub(super) const EASY: u64 = 500;
/// Beyond which nobody looks for more.
const MOST: u64 = 64_000;
/// What was answered at a steady rate can be seen within that.
const STEADY: Duration = Duration::from_secs(1);
/// How often a run is begun again.
const TRIES: u32 = 3;
/// How long Kafka has to come to be where the events come from.
const WARMING_UP: u32 = 30;

pub(super) struct Pipeline {
    // Processes end before their topics and their database go.
    _work: Child,
    _relay: Option<Child>,
    _topics: Option<Cleared>,
    commands: Arc<Dispatched>,
    source: Source,
}

/// What came of one rate.
pub(super) struct Trial {
    pub(super) rate: f64,
    /// From when each command was due.
    pub(super) answered: Quantiles,
    pub(super) visible: Visible,
    /// Every command was sent in time, and the read models kept up.
    steady: bool,
}

pub(super) async fn run(source: Source, pace: Pace, time: Duration) -> anyhow::Result<Sample> {
    let kafka = (source == Source::Kafka).then(KafkaPlace::new);
    let topics = kafka.clone().map(Cleared);
    let pipeline = Pipeline { _topics: topics, ..Pipeline::start(kafka, time).await? };
    let trial = match pace {
        Pace::At(rate) => pipeline.held(rate, time).await?,
        Pace::Steady => pipeline.highest(time).await?,
    };
    Ok(Sample { rate: trial.rate, visible: Some(trial.visible), ..Sample::default() })
}

impl Pipeline {
    /// By way of Kafka where there is a place on one. Whoever named the place clears it up.
    pub(super) async fn start(place: Option<KafkaPlace>, time: Duration) -> anyhow::Result<Self> {
        let load = Load { scenario: Scenario::Lifecycle, clients: usize::try_from(CLIENTS)?, time };
        let commands = Arc::new(Dispatched::set_up(load).await?);
        let start = |name| -> anyhow::Result<Child> {
            let process = role(name, commands.database(), place.as_ref())?.spawn();
            process.with_context(|| format!("xentri {name} can't be started"))
        };
        let relay = place.is_some().then(|| start("relay")).transpose()?;
        let work = start("work")?;
        let source = if place.is_some() { Source::Kafka } else { Source::Ledger };
        let pipeline = Self { _work: work, _relay: relay, _topics: None, commands, source };
        pipeline.warm_up().await?;
        machine::checkpoint().await?;
        Ok(pipeline)
    }

    /// Whoever folds begins with the ledger, and goes over to Kafka when that keeps up.
    pub(super) async fn warm_up(&self) -> anyhow::Result<()> {
        for _ in 0..WARMING_UP {
            self.hold(EASY, Duration::from_secs(1)).await?;
            if self.is_as_wanted().await? {
                return Ok(());
            }
        }
        bail!("events come from the ledger, and not from Kafka")
    }

    /// Whether every topic has what the ledger has now.
    pub(super) async fn is_relayed(&self) -> anyhow::Result<bool> {
        let mut postgres = self.commands.database().connect_as_admin().await;
        let relayed = "select count(*) > 0 and bool_and(cursor.position >= head.position) from relay_cursor cursor \
             cross join lateral (select coalesce(max(position), 0) as position from event \
             where shard = cursor.shard) head";
        Ok(sqlx::query_scalar(relayed).fetch_one(&mut postgres).await?)
    }

    async fn is_as_wanted(&self) -> anyhow::Result<bool> {
        let mut postgres = self.commands.database().connect_as_admin().await;
        Ok(self.source == Source::Ledger || comes_from_a_topic(&mut postgres).await?)
    }

    /// Again when events came from the ledger in between, which says nothing of Kafka.
    async fn held(&self, rate: u64, time: Duration) -> anyhow::Result<Trial> {
        for _ in 0..TRIES {
            let trial = self.hold(rate, time).await?;
            if self.is_as_wanted().await? {
                return Ok(trial);
            }
            self.warm_up().await?;
        }
        bail!("events came from the ledger, and not from Kafka, at {rate} commands a second")
    }

    /// One rate, which is not steady where Kafka does not keep up with it.
    async fn tried(&self, rate: u64, time: Duration) -> anyhow::Result<Trial> {
        let trial = self.hold(rate, time).await?;
        let as_wanted = self.is_as_wanted().await?;
        if !as_wanted {
            self.warm_up().await?;
        }
        Ok(Trial { steady: trial.steady && as_wanted, ..trial })
    }

    /// Each rate twice the one before, until one is too high; then the one in the middle.
    async fn highest(&self, time: Duration) -> anyhow::Result<Trial> {
        let mut held = self.tried(EASY, time).await?;
        ensure!(held.steady, "not even {EASY} commands a second are steady");
        let mut rate = EASY;
        while rate < MOST {
            let next = self.tried(rate * 2, time).await?;
            if !next.steady {
                let middle = self.tried(rate * 3 / 2, time).await?;
                return Ok(if middle.steady { middle } else { held });
            }
            (held, rate) = (next, rate * 2);
        }
        Ok(held)
    }

    pub(super) async fn hold(&self, rate: u64, time: Duration) -> anyhow::Result<Trial> {
        let (tell, answered) = unbounded_channel();
        let postgres = self.commands.database().connect_as_admin().await;
        let watching = tokio::spawn(watch(postgres, answered));
        let start = Instant::now();
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let schedule = Schedule { start, end: start + time, number, rate };
            clients.spawn(client(Arc::clone(&self.commands), schedule, tell.clone()));
        }
        drop(tell);
        let mut answered = Latencies::new()?;
        while let Some(client) = clients.join_next().await {
            answered.add(&client??)?;
        }
        let took = start.elapsed();
        let (visible, catching_up) = watching.await??;
        #[allow(clippy::cast_precision_loss, reason = "a count of commands is far below 2^52")]
        let achieved = answered.len() as f64 / took.as_secs_f64().max(time.as_secs_f64());
        let in_time = Duration::from_micros(visible.of_sending.p99) < STEADY && catching_up < STEADY;
        #[allow(clippy::cast_precision_loss, reason = "a rate is far below 2^52")]
        let steady = in_time && achieved > rate as f64 * 0.97;
        Ok(Trial { rate: achieved, answered: Quantiles::of(&answered), visible, steady })
    }
}

/// When a client's commands are due, so that those of all clients come at one rate.
struct Schedule {
    start: Instant,
    end: Instant,
    /// Of the client.
    number: u64,
    rate: u64,
}

impl Schedule {
    /// None when the time is over.
    fn due(&self, command: u64) -> Option<Instant> {
        let before = u128::from(self.number + command * CLIENTS);
        let micros = u64::try_from(before * 1_000_000 / u128::from(self.rate)).ok()?;
        let due = self.start + Duration::from_micros(micros);
        (due < self.end).then_some(due)
    }
}

/// Whole lives of leads, and how long each command took.
async fn client(
    commands: Arc<Dispatched>,
    schedule: Schedule,
    tell: UnboundedSender<Answered>,
) -> anyhow::Result<Latencies> {
    let (mut count, mut answered) = (0, Latencies::new()?);
    loop {
        let lead = Uuid::now_v7();
        for step in 0..Scenario::Lifecycle.steps() {
            let Some(due) = schedule.due(count) else { return Ok(answered) };
            sleep_until(due).await;
            let place = commands.place_of(Command { lead, step }).await?;
            let (shard, position) = (place.shard.number(), i64::try_from(place.position)?);
            // Who has dropped the other end has failed, and says so.
            let at = Instant::now();
            answered.record(micros(at - due)?)?;
            let _gone = tell.send(Answered { shard, position, due, at });
            count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_take_turns_at_the_rate_until_the_end() {
        let start = Instant::now();
        let schedule = |number| Schedule { start, end: start + Duration::from_secs(1), number, rate: 640 };
        let since = |number, command| Some(schedule(number).due(command)?.duration_since(start).as_micros());
        assert_eq!((since(0, 0), since(1, 0), since(0, 1)), (Some(0), Some(1562), Some(100_000)));
        assert_eq!((since(63, 9), since(0, 10)), (Some(998_437), None));
    }
}
