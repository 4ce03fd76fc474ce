//! The rows as people read them, and how they stand to what is wanted of them.

use super::summary::{Latency, Line};
use super::{Beside, Pace, Row, Source};
use crate::dispatched::Spread;
use crate::table::{layout, thousands};

const HEAD: [&str; 12] = [
    "fan-out",
    "load",
    "unit",
    "rate",
    "min–max",
    "p50 ms",
    "p99 ms",
    "max ms",
    "p50 ms, sent",
    "p99 ms, sent",
    "CPU µs, and Postgres",
    "peak MB",
];
/// Names before, numbers from here on.
const FIRST_NUMBER: usize = 3;

/// What is wanted of the commands that go by way of Kafka, of which rate.
const VISIBLE: (u64, f64, f64) = (500, 12.0, 40.0);
const CATCH_UP: (f64, f64) = (60_000.0, 300.0);
const REBUILD: (f64, f64) = (150_000.0, 300.0);
/// Of the rate without a rebuild.
const BESIDE: f64 = 0.7;
const VERIFY: f64 = 300_000.0;
const RELAY: f64 = 40_000.0;

pub(crate) fn text(lines: &[Line]) -> String {
    let cells: Vec<[String; HEAD.len()]> = lines.iter().map(cells).collect();
    layout(HEAD, FIRST_NUMBER, &cells)
}

fn cells(line: &Line) -> [String; HEAD.len()] {
    let latency = |latency: Option<Latency>, of: fn(Latency) -> f64| match latency {
        Some(latency) => format!("{:.1}", of(latency)),
        None => "–".to_owned(),
    };
    let whole = |number: Option<f64>| number.map_or("–".to_owned(), |number| format!("{number:.0}"));
    let micros = |number: Option<f64>| number.map_or("–".to_owned(), |number| format!("{number:.1}"));
    let cpu = match line.process_micros {
        Some(process) => format!("{}, {}", micros(Some(process)), micros(line.postgres_micros)),
        None => "–".to_owned(),
    };
    [
        line.what.to_owned(),
        line.how.clone(),
        line.unit.to_owned(),
        line.row.shown(line.rate),
        format!("{}–{}", line.row.shown(line.rate_min), line.row.shown(line.rate_max)),
        latency(line.of_commit, |of| of.p50),
        latency(line.of_commit, |of| of.p99),
        latency(line.of_commit, |of| of.max),
        latency(line.of_sending, |of| of.p50),
        latency(line.of_sending, |of| of.p99),
        cpu,
        whole(line.peak_mb),
    ]
}

/// Each row for which there is a target, held against it; and a rebuild against what postgres-es does for one.
pub(crate) fn notes(lines: &[Line]) -> Vec<String> {
    let text = |line: &Line| Some(format!("{}: {}", name(line), held(line)?.join(", ")));
    lines.iter().filter_map(text).chain(to_postgres_es(lines)).collect()
}

fn name(line: &Line) -> String {
    format!("{}, {}", line.what, line.how)
}

fn to_postgres_es(lines: &[Line]) -> Option<String> {
    let find = |row| lines.iter().find(|line| line.row == row);
    let (rebuild, replay) = (find(Row::Rebuild(Spread::Even))?, find(Row::Replay)?);
    Some(format!("{} / {}: {:.1}", name(rebuild), name(replay), rebuild.rate / replay.rate))
}

fn held(line: &Line) -> Option<Vec<String>> {
    let (rate, p50, p99) = VISIBLE;
    let loaded = |(rate, megabytes)| {
        vec![at_least(line, rate), below("peak MB", line.peak_mb.unwrap_or(f64::INFINITY), megabytes)]
    };
    match line.row {
        Row::Visible(Source::Kafka, Pace::At(at)) if at == rate => {
            let of = line.of_commit?;
            Some(vec![below("p50 ms", of.p50, p50), below("p99 ms", of.p99, p99)])
        }
        Row::Visible(..) | Row::Replay => None,
        Row::CatchUp => Some(loaded(CATCH_UP)),
        Row::Rebuild(_) => Some(loaded(REBUILD)),
        Row::Beside => {
            Some([vec![at_least(line, BESIDE)], line.beside.map(rates).into_iter().collect()].concat())
        }
        Row::Verify => Some(vec![at_least(line, VERIFY)]),
        Row::Relay => Some(vec![at_least(line, RELAY)]),
    }
}

fn rates(beside: Beside) -> String {
    let (rebuilding, alone) = (thousands(beside.rebuilding), thousands(beside.alone));
    let rebuilds = if beside.rebuilds == 1 { "rebuild" } else { "rebuilds" };
    format!("{rebuilding} commands/s beside {} {rebuilds}, {alone} alone", beside.rebuilds)
}

fn below(what: &str, number: f64, most: f64) -> String {
    let sign = if number < most { "<" } else { "≥" };
    format!("{what} {number:.1} {sign} {most:.0}")
}

fn at_least(line: &Line, least: f64) -> String {
    let sign = if line.rate < least { "<" } else { "≥" };
    let shown = |rate| line.row.shown(rate);
    format!("{} {} {sign} {}", line.unit, shown(line.rate), shown(least))
}

#[cfg(test)]
mod tests {
    use super::super::usage::Used;
    use super::super::{Quantiles, Sample, Visible, lines};
    use super::*;

    fn visible(p50: u64, p99: u64) -> Sample {
        let of = |p50, p99| Quantiles { p50, p99, max: 2 * p99 };
        let visible = Visible { of_commit: of(p50, p99), of_sending: of(p50 + 1000, p99 + 1000) };
        Sample { rate: 499.6, visible: Some(visible), ..Sample::default() }
    }

    fn caught_up(rate: f64, peak_mb: f64) -> Sample {
        let used = Used { process_micros: 12.34, postgres_micros: Some(20.0), peak_mb };
        Sample { rate, used: Some(used), ..Sample::default() }
    }

    #[test]
    fn what_a_row_does_not_measure_is_a_dash() {
        let row = Row::Visible(Source::Kafka, Pace::At(500));
        let measured = [
            (row, vec![visible(7000, 30_000), visible(9000, 50_000), visible(8000, 39_000)]),
            (
                Row::CatchUp,
                vec![caught_up(61_000.0, 120.0), caught_up(50_000.0, 310.0), caught_up(60_500.0, 90.0)],
            ),
        ];
        let lines = lines(&measured);
        let text = text(&lines);
        let words: Vec<Vec<&str>> =
            text.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
        assert_eq!(
            words[2][1..13],
            [
                "visible via Kafka",
                "500 commands/s",
                "commands/s",
                "500",
                "500–500",
                "8.0",
                "39.0",
                "100.0",
                "9.0",
                "40.0",
                "–",
                "–"
            ]
        );
        assert_eq!(
            words[3][1..13],
            [
                "catch-up",
                "all read models",
                "events/s",
                "60 500",
                "50 000–61 000",
                "–",
                "–",
                "–",
                "–",
                "–",
                "12.3, 20.0",
                "310"
            ]
        );
        assert_eq!(
            notes(&lines),
            [
                "visible via Kafka, 500 commands/s: p50 ms 8.0 < 12, p99 ms 39.0 < 40",
                "catch-up, all read models: events/s 60 500 ≥ 60 000, peak MB 310.0 ≥ 300",
            ]
        );
    }

    #[test]
    fn commands_beside_a_rebuild_are_a_part_of_those_without() {
        let beside = |rebuilding| Beside { alone: 8000.0, rebuilding, rebuilds: 2 };
        let sample = |rebuilding| Sample {
            rate: rebuilding / 8000.0,
            beside: Some(beside(rebuilding)),
            ..Sample::default()
        };
        let runs = [4800.0, 6000.0, 5440.0].map(sample);
        let lines = lines(&[(Row::Beside, runs.to_vec())]);
        assert!(text(&lines).contains("| × alone | 0.68 | 0.60–0.75 |"), "{}", text(&lines));
        assert_eq!(
            notes(&lines),
            [
                "append beside a rebuild, 64 clients: × alone 0.68 < 0.70, 5 440 commands/s beside 6 rebuilds, 8 000 alone"
            ]
        );
    }

    #[test]
    fn a_rebuild_is_held_against_a_replay_of_postgres_es_where_both_were_measured() {
        let rebuild = (Row::Rebuild(Spread::Even), vec![caught_up(160_000.0, 200.0)]);
        let replay = (Row::Replay, vec![Sample { rate: 3200.0, ..Sample::default() }]);
        let both = "rebuild, leads / postgres-es replay, leads, 30 000 events at most: 50.0";
        assert_eq!(notes(&lines(&[rebuild.clone(), replay.clone()])).last().unwrap(), both);
        assert!(notes(&lines(&[replay])).is_empty());
        assert_eq!(notes(&lines(&[rebuild])).len(), 1);
    }
}
