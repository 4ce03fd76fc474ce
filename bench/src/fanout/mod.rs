//! What happens after an append: how soon a commit can be read, how fast a backlog is folded, a read model made anew, all of
//! it verified, all of it sent.
//!
//! All of it by the real `xentri`, in processes of their own. Commands and whoever looks at the read models are in this one.

pub(crate) mod away;
mod backlog;
mod beside;
mod catch_up;
mod folded;
mod ledgers;
mod metered;
mod progress;
mod rebuilt;
mod relayed;
mod row;
mod summary;
mod table;
mod usage;
mod verified;
mod visible;
mod watcher;

use std::time::Duration;

use serde::Serialize;

pub(crate) use catch_up::fold;
use ledgers::Ledgers;
pub(crate) use row::{ALL, Row};
use row::{Pace, Source};
pub(crate) use summary::{Line, lines};
pub(crate) use table::{notes, text};
use usage::Used;

/// What one run measured; latencies in microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sample {
    /// In the unit of its row.
    pub(crate) rate: f64,
    pub(crate) visible: Option<Visible>,
    pub(crate) used: Option<Used>,
    pub(crate) beside: Option<Beside>,
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

/// Commands a second.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Beside {
    pub(crate) alone: f64,
    pub(crate) rebuilding: f64,
    /// That were begun meanwhile.
    pub(crate) rebuilds: u64,
}

/// Round by round.
pub(crate) async fn run(
    rows: &[Row],
    runs: u64,
    time: Duration,
    events: u64,
) -> anyhow::Result<Vec<(Row, Vec<Sample>)>> {
    let mut measured: Vec<(Row, Vec<Sample>)> = rows.iter().map(|row| (*row, Vec::new())).collect();
    let ledgers = Ledgers::with(events);
    for row in rows {
        ledgers.fill_for(*row).await?;
    }
    for run in 1..=runs {
        for (row, samples) in &mut measured {
            eprint!("run {run} of {runs}: {} … ", row.name());
            let sample = ledgers.measure(*row, run, time).await?;
            eprintln!("{} {}", row.shown(sample.rate), row.unit());
            samples.push(sample);
        }
    }
    Ok(measured)
}
