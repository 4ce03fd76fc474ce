//! The table as people read it, which is Markdown too, and as programs do.

use std::fmt::Write as _;

use serde_json::json;

use crate::fanout;
use crate::machine::Machine;
use crate::summary::Line;

const HEAD: [&str; 12] = [
    "contender",
    "scenario",
    "clients",
    "commands/s",
    "min–max",
    "× postgres-es",
    "× pgbench",
    "p50 ms",
    "p99 ms",
    "max ms",
    "batch",
    "call ms",
];
/// Names before, numbers from here on.
const FIRST_NUMBER: usize = 2;

pub(crate) fn text(lines: &[Line]) -> String {
    let cells: Vec<[String; HEAD.len()]> = lines.iter().map(cells).collect();
    layout(HEAD, FIRST_NUMBER, &cells)
}

/// The columns before `first_number` stand to the left, all others to the right.
pub(crate) fn layout<const N: usize>(head: [&str; N], first_number: usize, cells: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|column| {
        cells.iter().map(|row| row[column].as_str()).chain([head[column]]).map(width).fold(0, usize::max)
    });
    let mut text = row(&head.map(str::to_owned), first_number, &widths);
    for (column, width) in widths.iter().enumerate() {
        let (dashes, end) = if column < first_number { (width + 2, "") } else { (width + 1, ":") };
        let _ = write!(text, "|{}{end}", "-".repeat(dashes));
    }
    text.push_str("|\n");
    text.extend(cells.iter().map(|cells| row(cells, first_number, &widths)));
    text
}

pub(crate) fn json(
    machine: &Machine,
    seconds: u64,
    runs: u64,
    lines: &[Line],
    fan_out: &[fanout::Line],
    notes: &[String],
) -> anyhow::Result<String> {
    let document = json!({ "machine": machine, "seconds": seconds, "runs": runs, "rows": lines,
                           "fan_out": fan_out, "notes": notes });
    Ok(serde_json::to_string_pretty(&document)?)
}

fn cells(line: &Line) -> [String; HEAD.len()] {
    [
        line.contender.to_owned(),
        line.scenario.to_owned(),
        line.clients.to_string(),
        thousands(line.rate),
        format!("{}–{}", thousands(line.rate_min), thousands(line.rate_max)),
        ratio(line.to_postgres_es),
        ratio(line.to_pgbench),
        format!("{:.1}", line.p50_ms),
        format!("{:.1}", line.p99_ms),
        format!("{:.1}", line.max_ms),
        line.batch.map_or("–".to_owned(), |batch| format!("{batch:.0}")),
        line.call_ms.map_or("–".to_owned(), |call| format!("{call:.1}")),
    ]
}

fn row(cells: &[String], first_number: usize, widths: &[usize]) -> String {
    let mut text = String::new();
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let _ = if column < first_number {
            write!(text, "| {cell:<width$} ")
        } else {
            write!(text, "| {cell:>width$} ")
        };
    }
    text.push_str("|\n");
    text
}

fn width(cell: &str) -> usize {
    cell.chars().count()
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}"))
}

pub(crate) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_to_the_right_and_a_missing_ratio_is_a_dash() {
        let line = Line {
            contender: "postgres-es",
            scenario: "create",
            clients: 64,
            rate: 12_345.6,
            rate_min: 999.0,
            rate_max: 1_234_567.0,
            to_postgres_es: Some(1.0),
            to_pgbench: None,
            p50_ms: 12.34,
            p99_ms: 20.0,
            max_ms: 31.0,
            batch: None,
            call_ms: None,
        };
        let text = text(&[line]);
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some(
                "| contender   | scenario | clients | commands/s |       min–max | × postgres-es | × pgbench | p50 ms | p99 ms | max ms | batch | call ms |"
            )
        );
        assert!(lines.next().unwrap().starts_with("|-------------|----------|--------:|"));
        assert_eq!(
            lines.next(),
            Some(
                "| postgres-es | create   |      64 |     12 346 | 999–1 234 567 |          1.00 |         – |   12.3 |   20.0 |   31.0 |     – |       – |"
            )
        );
    }
}
