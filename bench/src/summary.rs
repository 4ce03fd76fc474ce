//! From the runs of each row to what the table says of it.

use serde::Serialize;

use crate::contender::Calls;
use crate::measure::Sample;
use crate::rows::{Row, Subject};

/// A row of the table. A ratio is missing where its baseline was not measured.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    pub(crate) contender: &'static str,
    pub(crate) scenario: &'static str,
    pub(crate) clients: usize,
    /// Commands, or inserted rows, a second: the median of the runs, the slowest and the fastest.
    pub(crate) rate: f64,
    pub(crate) rate_min: f64,
    pub(crate) rate_max: f64,
    /// To postgres-es doing the same with as many clients.
    pub(crate) to_postgres_es: Option<f64>,
    pub(crate) to_pgbench: Option<f64>,
    /// Medians of the runs.
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// The longest of all runs.
    pub(crate) max_ms: f64,
    /// Commands that went together, and what that took: means.
    pub(crate) batch: Option<f64>,
    pub(crate) call_ms: Option<f64>,
}

pub(crate) fn lines(measured: &[(Row, Vec<Sample>)]) -> Vec<Line> {
    measured.iter().map(|(row, samples)| line(*row, samples, measured)).collect()
}

fn line(row: Row, samples: &[Sample], measured: &[(Row, Vec<Sample>)]) -> Line {
    let rate = median(samples, |sample| sample.rate);
    let baseline = |wanted: &dyn Fn(Row) -> bool| {
        let (_, samples) = measured.iter().find(|(row, _)| wanted(*row))?;
        Some(rate / median(samples, |sample| sample.rate))
    };
    let same = |other: Row| other.scenario() == row.scenario() && other.clients == row.clients;
    let rates = || samples.iter().map(|sample| sample.rate);
    Line {
        contender: row.contender(),
        scenario: row.scenario(),
        clients: row.clients,
        rate,
        rate_min: rates().fold(f64::INFINITY, f64::min),
        rate_max: rates().fold(0.0, f64::max),
        to_postgres_es: baseline(&|other| matches!(other.subject, Subject::PostgresEs(_)) && same(other)),
        to_pgbench: baseline(&|other| other.subject == Subject::Pgbench),
        p50_ms: median(samples, |sample| milliseconds(sample.p50)),
        p99_ms: median(samples, |sample| milliseconds(sample.p99)),
        max_ms: samples.iter().map(|sample| milliseconds(sample.max)).fold(0.0, f64::max),
        batch: of_calls(samples, |calls| calls.commands),
        call_ms: of_calls(samples, |calls| calls.took.as_secs_f64() * 1000.0),
    }
}

/// The median of the runs.
fn of_calls(samples: &[Sample], value: impl Fn(Calls) -> f64) -> Option<f64> {
    samples.first()?.calls?;
    Some(median(samples, |sample| sample.calls.map_or(0.0, &value)))
}

/// Of an even number of runs, between the two in the middle.
pub(crate) fn median(samples: &[Sample], value: impl Fn(&Sample) -> f64) -> f64 {
    median_of(samples.iter().map(value)).unwrap_or_default()
}

/// None of none.
pub(crate) fn median_of(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { f64::midpoint(values[middle - 1], upper) })
}

#[allow(clippy::cast_precision_loss, reason = "a latency is far below 2^52 microseconds")]
pub(crate) fn milliseconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::Scenario;

    fn runs(rates: &[f64]) -> Vec<Sample> {
        rates
            .iter()
            .map(|rate| Sample { rate: *rate, p50: 1500, p99: 2500, max: 9000, calls: None })
            .collect()
    }

    #[test]
    fn a_line_has_the_median_of_its_runs_and_ratios_to_both_baselines() {
        let pgbench = Row { subject: Subject::Pgbench, clients: 32 };
        let create = Row { subject: Subject::PostgresEs(Scenario::Create), clients: 64 };
        let lines =
            lines(&[(pgbench, runs(&[100.0, 300.0, 200.0])), (create, runs(&[40.0, 60.0, 20.0, 80.0]))]);
        let [pgbench, create] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!((pgbench.rate, pgbench.to_pgbench, pgbench.to_postgres_es), (200.0, Some(1.0), None));
        assert_eq!((create.rate, create.rate_min, create.rate_max), (50.0, 20.0, 80.0));
        assert_eq!((create.to_postgres_es, create.to_pgbench), (Some(1.0), Some(0.25)));
        assert_eq!((create.p50_ms, create.p99_ms, create.max_ms), (1.5, 2.5, 9.0));
    }

    #[test]
    fn a_ratio_is_missing_when_its_baseline_did_other_work() {
        let create = Row { subject: Subject::PostgresEs(Scenario::Create), clients: 64 };
        let lifecycle = Row { subject: Subject::PostgresEs(Scenario::Lifecycle), clients: 1 };
        let lines = lines(&[(create, runs(&[40.0])), (lifecycle, runs(&[10.0]))]);
        assert_eq!(lines[1].to_postgres_es, Some(1.0));
        assert_eq!(lines[1].to_pgbench, None);
    }
}
