//! Who reads the checkpoints on a connection of its own, again and again, and notes when each command can be seen.
//!
//! A command can be seen once every read model has its last event: rows and checkpoint commit together.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::ensure;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::time::{Instant, sleep};
use xentri_projections::read_models;

use super::{Quantiles, Visible};
use crate::measure::Latencies;

/// What is seen is seen so much later at the most; asking more often would take more of the cores that all share.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// Without any command becoming visible.
const PATIENCE: Duration = Duration::from_mins(1);

/// A command that was answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answered {
    pub(super) shard: i32,
    pub(super) position: i64,
    /// When it was to be sent.
    pub(super) due: Instant,
    pub(super) at: Instant,
}

#[derive(Default)]
struct Waiting {
    /// By shard and position.
    commands: BTreeMap<i32, BTreeMap<i64, Answered>>,
    count: usize,
}

/// Until all that were answered can be seen and no more will come.
pub(super) async fn watch(
    mut postgres: PgConnection,
    mut answered: UnboundedReceiver<Answered>,
) -> anyhow::Result<(Visible, Duration)> {
    let names: Vec<&str> = read_models().iter().map(|model| model.name()).collect();
    let (mut waiting, mut of_commit, mut of_sending) =
        (Waiting::default(), Latencies::new()?, Latencies::new()?);
    let (mut progress, mut all_answered) = (Instant::now(), None);
    loop {
        let ended = waiting.take(&mut answered);
        if ended {
            all_answered.get_or_insert_with(Instant::now);
        }
        let places = places(&mut postgres, &names).await?;
        let now = Instant::now();
        for command in waiting.seen(&places) {
            // The answer may be on its way still when the rows are there.
            of_commit.record(micros(now.saturating_duration_since(command.at))?)?;
            of_sending.record(micros(now.saturating_duration_since(command.due))?)?;
            progress = now;
        }
        if let Some(all_answered) = all_answered.filter(|_| waiting.count == 0) {
            let visible =
                Visible { of_commit: Quantiles::of(&of_commit), of_sending: Quantiles::of(&of_sending) };
            return Ok((visible, all_answered.elapsed()));
        }
        if waiting.count == 0 {
            progress = now;
        }
        ensure!(now - progress < PATIENCE, "{} commands do not become visible", waiting.count);
        sleep(LOOK_EVERY).await;
    }
}

impl Waiting {
    /// Those that have come; whether they were the last.
    fn take(&mut self, answered: &mut UnboundedReceiver<Answered>) -> bool {
        loop {
            match answered.try_recv() {
                Ok(command) => {
                    self.commands.entry(command.shard).or_default().insert(command.position, command);
                    self.count += 1;
                }
                Err(TryRecvError::Empty) => return false,
                Err(TryRecvError::Disconnected) => return true,
            }
        }
    }

    fn seen(&mut self, places: &[(i32, i64)]) -> Vec<Answered> {
        let mut seen = Vec::new();
        for (shard, place) in places {
            let Some(commands) = self.commands.get_mut(shard) else { continue };
            let later = commands.split_off(&(place + 1));
            seen.extend(std::mem::replace(commands, later).into_values());
        }
        self.count -= seen.len();
        seen
    }
}

/// How far the slowest read model is in each shard.
async fn places(postgres: &mut PgConnection, names: &[&str]) -> anyhow::Result<Vec<(i32, i64)>> {
    let slowest =
        "select shard, min(position) from projection_checkpoint where projection = any($1) group by shard";
    let rows = sqlx::query(slowest).bind(names).fetch_all(postgres).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// Whether the events that are folded come from a topic, in every shard that has any.
pub(super) async fn comes_from_a_topic(postgres: &mut PgConnection) -> anyhow::Result<bool> {
    let names: Vec<&str> = read_models().iter().map(|model| model.name()).collect();
    let from_topic = "select count(*) > 0 and bool_and(topic_id is not null) from projection_checkpoint \
         where projection = any($1) and position > 0";
    Ok(sqlx::query_scalar(from_topic).bind(&names).fetch_one(postgres).await?)
}

pub(super) fn micros(duration: Duration) -> anyhow::Result<u64> {
    Ok(u64::try_from(duration.as_micros())?)
}

impl Quantiles {
    pub(super) fn of(latencies: &Latencies) -> Self {
        let (p50, p99, max) = latencies.quantiles();
        Self { p50, p99, max }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    #[test]
    fn a_command_is_seen_when_its_shard_is_there_and_once() {
        let (tell, mut answered) = unbounded_channel();
        let now = Instant::now();
        for (shard, position) in [(1, 7), (1, 5), (2, 5)] {
            tell.send(Answered { shard, position, due: now, at: now }).unwrap();
        }
        let mut waiting = Waiting::default();
        assert!(!waiting.take(&mut answered));
        let seen = |waiting: &mut Waiting, places| -> Vec<_> {
            waiting.seen(places).iter().map(|command| (command.shard, command.position)).collect()
        };
        assert_eq!(seen(&mut waiting, &[(1, 6), (2, 4), (3, 9)]), [(1, 5)]);
        assert_eq!(seen(&mut waiting, &[(1, 7), (2, 5)]), [(1, 7), (2, 5)]);
        drop(tell);
        assert!(waiting.take(&mut answered) && waiting.count == 0);
    }
}
