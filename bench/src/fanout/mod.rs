//! What happens after an append: how soon a commit can be read, how fast a backlog is folded, how fast it is sent.
//!
//! All of it by the real `xentri`, in processes of their own. Commands and whoever looks at the read models are in this one.

pub(crate) mod away;
mod backlog;
mod catch_up;
mod progress;
mod rebuilt;
mod relayed;
mod summary;
mod table;
mod usage;
mod visible;
mod watcher;

use std::time::Duration;

pub(crate) use catch_up::fold;
pub(crate) use summary::{Line, lines};
pub(crate) use table::{notes, text};

use crate::table::thousands;
use backlog::Backlog;
use rebuilt::Folded;
use usage::Used;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Kafka,
    Ledger,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// So many commands a second.
    At(u64),
    /// As many as the read models keep up with.
    Steady,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    /// From the commit until its rows can be read.
    Visible(Source, Pace),
    /// All read models from the first event on.
    CatchUp,
    /// One read model made anew from the first event on, beside what is read.
    Rebuild,
    /// To Kafka, from the first event on.
    Relay,
}

/// What one run measured; latencies in microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sample {
    /// Commands, events or messages a second.
    pub(crate) rate: f64,
    pub(crate) visible: Option<Visible>,
    pub(crate) used: Option<Used>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Visible {
    pub(crate) of_commit: Quantiles,
    /// From when the command was due, so that one that waits to be sent counts too.
    pub(crate) of_sending: Quantiles,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Quantiles {
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) max: u64,
}

/// In the order of the table.
pub(crate) const ALL: [Row; 7] = [
    Row::Visible(Source::Kafka, Pace::At(500)),
    Row::Visible(Source::Ledger, Pace::At(500)),
    Row::Visible(Source::Kafka, Pace::Steady),
    Row::Visible(Source::Ledger, Pace::Steady),
    Row::CatchUp,
    Row::Rebuild,
    Row::Relay,
];

impl Row {
    pub(crate) fn name(self) -> String {
        format!("fan-out {}, {}", self.what(), self.how())
    }

    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Visible(Source::Kafka, _) => "visible via Kafka",
            Self::Visible(Source::Ledger, _) => "visible via the ledger",
            Self::CatchUp => "catch-up",
            Self::Rebuild => "rebuild",
            Self::Relay => "relay",
        }
    }

    pub(crate) fn how(self) -> String {
        match self {
            Self::Visible(_, Pace::At(rate)) => format!("{rate} commands/s"),
            Self::Visible(_, Pace::Steady) => "highest steady rate".to_owned(),
            Self::CatchUp => "all read models".to_owned(),
            Self::Rebuild => "leads".to_owned(),
            Self::Relay => "all topics".to_owned(),
        }
    }

    pub(crate) fn needs_kafka(self) -> bool {
        matches!(self, Self::Visible(Source::Kafka, _) | Self::Relay)
    }

    /// What is counted by the second.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Visible(..) => "commands",
            Self::CatchUp | Self::Rebuild => "events",
            Self::Relay => "messages",
        }
    }

    fn needs_backlog(self) -> bool {
        matches!(self, Self::CatchUp | Self::Relay)
    }
}

/// Round by round. The backlog is filled once, for all that need one.
pub(crate) async fn run(
    rows: &[Row],
    runs: u64,
    time: Duration,
    events: u64,
) -> anyhow::Result<Vec<(Row, Vec<Sample>)>> {
    let mut measured: Vec<(Row, Vec<Sample>)> = rows.iter().map(|row| (*row, Vec::new())).collect();
    let (mut backlog, mut folded) = (None, None);
    if rows.contains(&Row::Rebuild) {
        folded = Some(Folded::fill(events).await?);
    }
    if rows.iter().any(|row| row.needs_backlog()) {
        backlog = Some(Backlog::fill(events).await?);
    }
    for run in 1..=runs {
        for (row, samples) in &mut measured {
            eprint!("run {run} of {runs}: {} … ", row.name());
            let sample = match (*row, &backlog) {
                (Row::Visible(source, pace), _) => visible::run(source, pace, time).await?,
                (Row::Rebuild, _) => match &folded {
                    Some(folded) => folded.rebuild().await?,
                    None => anyhow::bail!("there is nothing to rebuild"),
                },
                (Row::CatchUp, Some(backlog)) => catch_up::run(backlog).await?,
                (Row::Relay, Some(backlog)) => relayed::run(backlog).await?,
                (Row::CatchUp | Row::Relay, None) => anyhow::bail!("there is no backlog"),
            };
            eprintln!("{} {}/s", thousands(sample.rate), row.unit());
            samples.push(sample);
        }
    }
    Ok(measured)
}
