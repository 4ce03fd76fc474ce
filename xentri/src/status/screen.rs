//! What was found, for people: one screen.

use std::collections::BTreeMap;

use super::found::{Found, Kafka, ShardFound};

const COLUMNS: [&str; 7] =
    ["shard", "head", "relay lag", "read model lag", "reactor lag", "parked", "led for"];

pub(super) fn text(found: &Found) -> String {
    let mut lines: Vec<String> = Vec::new();
    for base in &found.databases {
        let state = base.fault.as_deref().unwrap_or("reachable, no migration is missing");
        lines.push(format!("Postgres  {}  {state}", base.address));
    }
    lines.push(format!("Kafka     {}", found.kafka.as_ref().map_or("none is named".to_owned(), kafka)));
    if !found.shards.is_empty() {
        lines.push(format!("Parked    {}", parked(&found.shards)));
        lines.push(String::new());
        lines.extend(table(&found.shards));
    }
    lines.join("\n")
}

fn kafka(kafka: &Kafka) -> String {
    let state = match &kafka.fault {
        Some(fault) => fault.clone(),
        None => format!("reachable, every event in topic {}", kafka.log),
    };
    format!("{}  {state}", kafka.brokers)
}

fn parked(shards: &[ShardFound]) -> String {
    let sum = |of: fn(&ShardFound) -> u64| shards.iter().map(of).sum::<u64>();
    match (sum(|shard| shard.parked), sum(|shard| shard.waiting)) {
        (0, 0) => "nothing".to_owned(),
        (failed, waiting) => format!("{failed} events that can't be folded, {waiting} that wait behind them"),
    }
}

fn table(shards: &[ShardFound]) -> Vec<String> {
    let rows: Vec<[String; 7]> =
        std::iter::once(COLUMNS.map(str::to_owned)).chain(shards.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let line = |row: &[String; 7]| {
        let [numbers @ .., led] = row;
        let cells = numbers.iter().enumerate().map(|(column, cell)| format!("{cell:>0$}", width(column)));
        format!("{}  {led}", cells.collect::<Vec<_>>().join("  ")).trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn row(shard: &ShardFound) -> [String; 7] {
    [
        shard.shard.to_string(),
        format!("{}:{}", shard.epoch, shard.head),
        shard.relay_lag.map_or("none".to_owned(), |lag| lag.to_string()),
        worst(&shard.read_models),
        worst(&shard.reactors),
        (shard.parked + shard.waiting).to_string(),
        shard.led.join(", "),
    ]
}

/// Named where it is behind.
fn worst(lags: &BTreeMap<String, u64>) -> String {
    match lags.iter().max_by_key(|(_, lag)| **lag) {
        None | Some((_, 0)) => "0".to_owned(),
        Some((name, lag)) => format!("{lag} ({name})"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::found::Base;
    use super::*;

    fn shard(number: i32, lag: u64) -> ShardFound {
        let lags = |name: &str| BTreeMap::from([(name.to_owned(), lag)]);
        ShardFound {
            shard: number,
            epoch: 1,
            head: 120,
            relay_lag: Some(lag),
            read_models: lags("leads"),
            reactors: lags("follow_up"),
            parked: lag,
            waiting: 2 * lag,
            led: vec!["relay", "work"],
        }
    }

    #[test]
    fn one_screen_says_what_lags_and_by_how_much() {
        let base = Base { address: "db:5432".to_owned(), shards: vec![0, 1], fault: None };
        let found = Found { databases: vec![base], kafka: None, shards: vec![shard(0, 0), shard(1, 17)] };
        let expected = "\
Postgres  db:5432  reachable, no migration is missing
Kafka     none is named
Parked    17 events that can't be folded, 34 that wait behind them

shard   head  relay lag  read model lag     reactor lag  parked  led for
    0  1:120          0               0               0       0  relay, work
    1  1:120         17      17 (leads)  17 (follow_up)      51  relay, work";
        assert_eq!(text(&found), expected);
    }
}
