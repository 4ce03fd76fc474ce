//! Whether the append stays as fast when the ledger grows: creates on one with many events and on empty ones, in turn.

use std::sync::Arc;
use std::time::Duration;

use crate::contender::{Contender as _, Scenario};
use crate::fill::{FILLING, fill};
use crate::measure::{self, Load, Sample};
use crate::ours::Ours;
use crate::summary::{median, milliseconds};
use crate::table::{layout, thousands};

/// How much of an empty ledger's rate is to be left.
const TARGET: f64 = 0.9;
const HEAD: [&str; 6] = ["ledger", "clients", "commands/s", "grown/empty", "p50 ms", "p99 ms"];

/// What as many clients measured on each, run by run.
pub(crate) struct Pair {
    clients: usize,
    empty: Vec<Sample>,
    grown: Vec<Sample>,
}

pub(crate) async fn run(
    events: u64,
    runs: u64,
    clients: &[usize],
    time: Duration,
) -> anyhow::Result<Vec<Pair>> {
    let mut grown = Arc::new(Ours::<false>::set_up(FILLING).await?);
    fill(&grown, Scenario::Lifecycle, events).await?;
    grown.vacuum().await?;
    let mut pairs: Vec<Pair> =
        clients.iter().map(|clients| Pair { clients: *clients, empty: vec![], grown: vec![] }).collect();
    for run in 1..=runs {
        for pair in &mut pairs {
            let load = Load { scenario: Scenario::Create, clients: pair.clients, time };
            // Neither always comes after the other.
            for on_empty in [run % 2 == 1, run % 2 == 0] {
                let (name, samples) =
                    if on_empty { ("empty", &mut pair.empty) } else { ("grown", &mut pair.grown) };
                eprint!("run {run} of {runs}, {} clients, {name} … ", load.clients);
                let sample = if on_empty {
                    on_an_empty_one(load).await?
                } else {
                    // What filling it has warmed up is not to speed it up.
                    grown = Arc::new(grown.reopened().await?);
                    measure::run_on(&grown, load).await?
                };
                eprintln!("{:.0}/s", sample.rate);
                samples.push(sample);
            }
        }
    }
    Ok(pairs)
}

/// Opened anew as the grown one is, so that both begin alike.
async fn on_an_empty_one(load: Load) -> anyhow::Result<Sample> {
    let empty = Ours::<false>::set_up(load).await?.reopened().await?;
    empty.vacuum().await?;
    measure::run_on(&Arc::new(empty), load).await
}

pub(crate) fn text(events: u64, pairs: &[Pair]) -> String {
    #[allow(clippy::cast_precision_loss, reason = "a count of events is far below 2^52")]
    let grown = thousands(events as f64);
    let cells: Vec<[String; HEAD.len()]> = pairs
        .iter()
        .flat_map(|pair| {
            [
                line("empty", pair.clients, &pair.empty, String::from("–")),
                line(&format!("{grown} events"), pair.clients, &pair.grown, verdict(ratio(pair))),
            ]
        })
        .collect();
    layout(HEAD, 1, &cells)
}

fn line(ledger: &str, clients: usize, samples: &[Sample], ratio: String) -> [String; HEAD.len()] {
    [
        ledger.to_owned(),
        clients.to_string(),
        thousands(median(samples, |sample| sample.rate)),
        ratio,
        format!("{:.1}", median(samples, |sample| milliseconds(sample.p50))),
        format!("{:.1}", median(samples, |sample| milliseconds(sample.p99))),
    ]
}

/// Of the medians.
fn ratio(pair: &Pair) -> f64 {
    median(&pair.grown, |sample| sample.rate) / median(&pair.empty, |sample| sample.rate)
}

fn verdict(ratio: f64) -> String {
    let sign = if ratio < TARGET { "<" } else { "≥" };
    format!("{ratio:.2} {sign} {TARGET:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(rates: &[f64]) -> Vec<Sample> {
        rates
            .iter()
            .map(|rate| Sample { rate: *rate, p50: 1500, p99: 2500, max: 9000, calls: None })
            .collect()
    }

    #[test]
    fn a_pair_is_two_lines_and_the_ratio_of_their_medians() {
        let pair =
            Pair { clients: 64, empty: samples(&[900.0, 1000.0, 2000.0]), grown: samples(&[950.0; 3]) };
        assert_eq!(
            text(1_000_000, &[pair]),
            "| ledger           | clients | commands/s | grown/empty | p50 ms | p99 ms |\n\
             |------------------|--------:|-----------:|------------:|-------:|-------:|\n\
             | empty            |      64 |      1 000 |           – |    1.5 |    2.5 |\n\
             | 1 000 000 events |      64 |        950 |  0.95 ≥ 0.9 |    1.5 |    2.5 |\n"
        );
    }

    #[test]
    fn a_ratio_below_the_target_says_so() {
        assert_eq!(verdict(0.9), "0.90 ≥ 0.9");
        assert_eq!(verdict(0.85), "0.85 < 0.9");
    }
}
