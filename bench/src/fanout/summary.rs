//! From the runs of each row to what the table says of it.

use serde::Serialize;

use super::{Beside, Quantiles, Row, Sample};
use crate::summary::{median_of, milliseconds};

/// A row of the table. What a row does not measure is missing.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    pub(crate) what: &'static str,
    pub(crate) how: String,
    pub(crate) unit: &'static str,
    /// The median of the runs, the slowest and the fastest.
    pub(crate) rate: f64,
    pub(crate) rate_min: f64,
    pub(crate) rate_max: f64,
    pub(crate) of_commit: Option<Latency>,
    pub(crate) of_sending: Option<Latency>,
    /// CPU time for each unit, of the process and of Postgres' backends for it: medians.
    pub(crate) process_micros: Option<f64>,
    pub(crate) postgres_micros: Option<f64>,
    /// Of the process, in all runs.
    pub(crate) peak_mb: Option<f64>,
    /// Medians, and the rebuilds of all runs.
    pub(crate) beside: Option<Beside>,
    #[serde(skip)]
    pub(crate) row: Row,
}

/// In milliseconds: medians of the runs, and the longest of all of them.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

pub(crate) fn lines(measured: &[(Row, Vec<Sample>)]) -> Vec<Line> {
    measured.iter().map(|(row, samples)| line(*row, samples)).collect()
}

fn line(row: Row, samples: &[Sample]) -> Line {
    let rates = || samples.iter().map(|sample| sample.rate);
    let used: Vec<_> = samples.iter().filter_map(|sample| sample.used).collect();
    let postgres: Vec<_> = used.iter().filter_map(|used| used.postgres_micros).collect();
    let visible: Vec<_> = samples.iter().filter_map(|sample| sample.visible).collect();
    Line {
        what: row.what(),
        how: row.how(),
        unit: row.unit(),
        rate: median_of(rates()).unwrap_or_default(),
        rate_min: rates().fold(f64::INFINITY, f64::min),
        rate_max: rates().fold(0.0, f64::max),
        of_commit: Latency::of(visible.iter().map(|visible| visible.of_commit)),
        of_sending: Latency::of(visible.iter().map(|visible| visible.of_sending)),
        process_micros: median_of(used.iter().map(|used| used.process_micros)),
        postgres_micros: median_of(postgres.into_iter()),
        peak_mb: used.iter().map(|used| used.peak_mb).reduce(f64::max),
        beside: beside(samples.iter().filter_map(|sample| sample.beside)),
        row,
    }
}

fn beside(runs: impl Iterator<Item = Beside> + Clone) -> Option<Beside> {
    Some(Beside {
        alone: median_of(runs.clone().map(|run| run.alone))?,
        rebuilding: median_of(runs.clone().map(|run| run.rebuilding))?,
        rebuilds: runs.map(|run| run.rebuilds).sum(),
    })
}

impl Latency {
    fn of(runs: impl Iterator<Item = Quantiles> + Clone) -> Option<Self> {
        Some(Self {
            p50: median_of(runs.clone().map(|run| milliseconds(run.p50)))?,
            p99: median_of(runs.clone().map(|run| milliseconds(run.p99)))?,
            max: runs.map(|run| milliseconds(run.max)).reduce(f64::max)?,
        })
    }
}
