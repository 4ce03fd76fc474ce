//! How fast the ledger is beside others, side by side in one run on one Postgres.
//!
//! Here live the contenders, the clients that drive them and the table. Not here: anything that the product uses.

mod bodies;
mod clock;
mod contender;
mod dispatched;
mod fanout;
mod fill;
mod grown;
mod http;
mod machine;
mod measure;
mod notes;
mod ours;
mod pgbench;
mod postgres_es;
mod process;
mod rows;
mod stages;
mod summary;
mod table;
mod topics;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::ensure;
use clap::Parser;
use mimalloc::MiMalloc;
use tokio::signal::unix::{SignalKind, signal};

use crate::machine::Machine;
use crate::rows::Row;
use crate::stages::Stages;

/// As in the binary, and for every contender alike.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Compares event stores on one Postgres, the one that tests use: a durable one.
#[derive(Debug, Parser)]
#[command(name = "xentri-bench")]
pub(crate) struct Flags {
    /// How long each run of a row takes.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,

    /// How often each row is run, each time from an empty database; the table shows medians.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,

    /// Only the rows with this in their name, as in "create" or "postgres-es lifecycle, 64".
    #[arg(long, value_name = "SUBSTRING", default_value = "")]
    only: String,

    /// How many clients send commands at once; pgbench always has 32.
    #[arg(long, value_delimiter = ',', default_value = "1,64,256", value_parser = at_least_one)]
    clients: Vec<usize>,

    /// How many events a backlog has, of those rows that work one off.
    #[arg(long, default_value_t = 500_000, value_parser = clap::value_parser!(u64).range(1..))]
    events: u64,

    /// Instead of measuring: say how `infra/dev/with-servers` is called for these rows, which may need no Kafka.
    #[arg(long)]
    servers: bool,

    /// Instead of the table: fill a ledger with so many events and compare creates on it with those on an empty one.
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..))]
    #[arg(conflicts_with_all = ["only", "json"])]
    grown: Option<u64>,

    /// Instead of the table: commands with Kafka, for so many seconds without, and with it again. It is one of its own.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    #[arg(conflicts_with_all = ["grown", "stages", "only", "json"])]
    away: Option<u64>,

    /// Instead of the table: where the time of a command goes. Without --only, both.
    #[arg(long, conflicts_with_all = ["grown", "only", "json"])]
    stages: bool,

    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|clients| *clients > 0).ok_or_else(|| "not a number of clients".to_owned())
}

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    // An interrupted run returns from here, so that its database is dropped.
    let outcome = tokio::select! {
        outcome = run(&flags) => outcome,
        interrupted = interrupted() => interrupted,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xentri-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(flags: &Flags) -> anyhow::Result<()> {
    if flags.servers {
        let other = flags.grown.is_some() || flags.away.is_some() || flags.stages;
        println!("{}", if other { "--postgres" } else { Chosen::by(flags)?.servers() });
        return Ok(());
    }
    if let Some(events) = flags.grown {
        return grown(flags, events).await;
    }
    if let Some(seconds) = flags.away {
        return away(flags, seconds).await;
    }
    if flags.stages {
        return stages(flags).await;
    }
    let chosen = Chosen::by(flags)?;
    let machine = look().await?;
    let time = Duration::from_secs(flags.seconds);
    let lines = summary::lines(&rows::run(&chosen.rows, flags.runs, time).await?);
    let fan_out = fanout::run(&chosen.fan_out, flags.runs, time, flags.events).await?;
    let fan_out = fanout::lines(&fan_out);
    let stages = if flags.only.is_empty() { Some(Stages::measure().await?) } else { None };
    let mut notes = notes::notes(&lines, stages.as_ref());
    notes.extend(fanout::notes(&fan_out));
    if flags.json {
        println!("{}", table::json(&machine, flags.seconds, flags.runs, &lines, &fan_out, &notes)?);
    } else {
        let tables = [(lines.is_empty(), table::text(&lines)), (fan_out.is_empty(), fanout::text(&fan_out))];
        let tables: Vec<String> =
            tables.into_iter().filter_map(|(none, text)| (!none).then_some(text)).collect();
        print(&machine, flags, &tables.join("\n"));
        print_notes(&notes);
    }
    Ok(())
}

/// The rows that are wanted.
struct Chosen {
    rows: Vec<Row>,
    fan_out: Vec<fanout::Row>,
}

impl Chosen {
    fn by(flags: &Flags) -> anyhow::Result<Self> {
        let (rows, fan_out) = (rows::all(&flags.clients), fanout::ALL);
        let mut names: Vec<String> = rows.iter().map(|row| row.name()).collect();
        names.extend(fan_out.iter().map(|row| row.name()));
        let wanted = |name: String| name.contains(&flags.only);
        let rows: Vec<_> = rows.into_iter().filter(|row| wanted(row.name())).collect();
        let fan_out: Vec<_> = fan_out.into_iter().filter(|row| wanted(row.name())).collect();
        let some = !rows.is_empty() || !fan_out.is_empty();
        ensure!(some, "no row has {:?} in its name: {}", flags.only, names.join("; "));
        Ok(Self { rows, fan_out })
    }

    /// What `infra/dev/with-servers` wants to hear.
    fn servers(&self) -> &'static str {
        let kafka =
            self.rows.iter().any(|row| row.needs_kafka()) || self.fan_out.iter().any(|row| row.needs_kafka());
        if kafka { "" } else { "--postgres" }
    }
}

async fn stages(flags: &Flags) -> anyhow::Result<()> {
    let machine = look().await?;
    let notes = notes::notes(&[], Some(&Stages::measure().await?));
    print(&machine, flags, "");
    print_notes(&notes);
    Ok(())
}

async fn grown(flags: &Flags, events: u64) -> anyhow::Result<()> {
    let machine = look().await?;
    let time = Duration::from_secs(flags.seconds);
    let lines = grown::run(events, flags.runs, &flags.clients, time).await?;
    print(&machine, flags, &grown::text(events, &lines));
    Ok(())
}

async fn away(flags: &Flags, seconds: u64) -> anyhow::Result<()> {
    let machine = look().await?;
    print(&machine, flags, &fanout::away::run(Duration::from_secs(seconds)).await?);
    Ok(())
}

async fn look() -> anyhow::Result<Machine> {
    let machine = Machine::look().await?;
    if let Some(warning) = machine.warning() {
        eprintln!("warning: {warning}");
    }
    Ok(machine)
}

fn print(machine: &Machine, flags: &Flags, table: &str) {
    println!("{}; {} s a run, medians of {}\n", machine.describe(), flags.seconds, flags.runs);
    print!("{table}");
}

fn print_notes(notes: &[String]) {
    if !notes.is_empty() {
        println!();
    }
    for note in notes {
        println!("- {note}");
    }
}

async fn interrupted() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    anyhow::bail!("interrupted")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(only: &str) -> &'static str {
        let flags = Flags::parse_from(["xentri-bench", "--only", only]);
        Chosen::by(&flags).unwrap().servers()
    }

    #[test]
    fn kafka_is_started_for_rows_that_need_it() {
        for only in ["", "visible via Kafka", "relay", "all on", "fan-out"] {
            assert_eq!(servers(only), "", "{only}");
        }
        for only in ["pgbench", "via the ledger", "catch-up", "rebuild", "audit verify", "xentri http create"]
        {
            assert_eq!(servers(only), "--postgres", "{only}");
        }
    }

    #[test]
    fn a_name_that_no_row_has_is_refused_with_those_that_there_are() {
        let flags = Flags::parse_from(["xentri-bench", "--only", "nothing like it"]);
        let error = Chosen::by(&flags).err().unwrap().to_string();
        assert!(error.contains("pgbench insert") && error.contains("fan-out relay"), "{error}");
    }
}
