//! What the table does not say by itself: rows held against each other, and where the time of a command goes.

use crate::http::Question;
use crate::rows::CROWD;
use crate::stages::Stages;
use crate::summary::Line;

/// Contender and scenario of a row with [`CROWD`] clients.
type Name = (&'static str, &'static str);

/// The first of each is to be at least so much of the second.
const TARGETS: [(Name, Name, f64); 4] = [
    (("xentri commands", "one stream"), ("xentri commands", "create"), 0.5),
    (("xentri commands", "issue"), ("xentri commands", "create"), 0.5),
    (("xentri http", "create"), ("xentri commands", "create"), 0.5),
    (("xentri http", "lifecycle"), ("xentri commands", "lifecycle"), 0.5),
];

/// In milliseconds, the 99th percentile of each question.
const LATEST: [(Question, f64); 2] = [(Question::Leads, 15.0), (Question::Dashboard, 40.0)];

pub(crate) fn notes(lines: &[Line], stages: Option<&Stages>) -> Vec<String> {
    let mut notes: Vec<String> = TARGETS.iter().filter_map(|target| ratio(lines, target)).collect();
    notes.extend(LATEST.iter().filter_map(|(question, most)| late(lines, *question, *most)));
    if let Some(stages) = stages {
        notes.extend(stages.text());
        notes.extend(find(lines, ("xentri commands", "create")).and_then(|line| crowded(line, stages)));
    }
    notes
}

fn late(lines: &[Line], question: Question, most: f64) -> Option<String> {
    let line = lines.iter().find(|line| line.scenario == question.name())?;
    let sign = if line.p99_ms < most { "<" } else { "≥" };
    Some(format!("{}, {} clients: p99 {:.1} ms {sign} {most:.0}", line.scenario, line.clients, line.p99_ms))
}

fn find(lines: &[Line], (contender, scenario): Name) -> Option<&Line> {
    lines.iter().find(|line| (line.contender, line.scenario, line.clients) == (contender, scenario, CROWD))
}

fn ratio(lines: &[Line], (one, other, target): &(Name, Name, f64)) -> Option<String> {
    let ratio = find(lines, *one)?.rate / find(lines, *other)?.rate;
    let sign = if ratio < *target { "<" } else { "≥" };
    let name = |(contender, scenario): &Name| format!("{contender} {scenario}");
    Some(format!("{} / {}, {CROWD} clients: {ratio:.2} {sign} {target:.1}", name(one), name(other)))
}

/// The median command of many clients: what is neither its own work nor the call that took it waits for its turn.
fn crowded(line: &Line, stages: &Stages) -> Option<String> {
    let (own, call) = (stages.own().as_secs_f64() * 1000.0, line.call_ms?);
    let waits = (line.p50_ms - own - call).max(0.0);
    Some(format!(
        "a create of {CROWD} clients in process (p50 {:.1} ms): its own work {own:.2} ms when it has the cores to itself, \
         the call that appends it {call:.2} ms, waiting for its batch and for a core {waits:.2} ms",
        line.p50_ms
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(contender: &'static str, scenario: &'static str, rate: f64) -> Line {
        Line {
            contender,
            scenario,
            clients: CROWD,
            rate,
            rate_min: rate,
            rate_max: rate,
            to_postgres_es: None,
            to_pgbench: None,
            p50_ms: 1.0,
            p99_ms: 1.0,
            max_ms: 1.0,
            batch: None,
            call_ms: None,
        }
    }

    #[test]
    fn rows_are_held_against_each_other_where_both_were_measured() {
        let create = line("xentri commands", "create", 1000.0);
        let lines = [create, line("xentri http", "create", 499.0), line("xentri http", "lifecycle", 100.0)];
        assert_eq!(
            notes(&lines, None),
            ["xentri http create / xentri commands create, 64 clients: 0.50 < 0.5"]
        );
    }
}
