//! How fast the ledger is beside others, side by side in one run on one Postgres.
//!
//! Here live the contenders, the clients that drive them and the table. Not here: anything that the product uses.

mod bodies;
mod clock;
mod contender;
mod dispatched;
mod fill;
mod grown;
mod http;
mod machine;
mod measure;
mod notes;
mod ours;
mod pgbench;
mod postgres_es;
mod rows;
mod stages;
mod summary;
mod table;
mod verify;

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

    /// Instead of the table: fill a ledger with so many events and verify it, three times.
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..))]
    verify: Option<u64>,

    /// Instead of the table: fill a ledger with so many events and compare creates on it with those on an empty one.
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..))]
    #[arg(conflicts_with_all = ["verify", "only", "json"])]
    grown: Option<u64>,

    /// Instead of the table: where the time of a command goes. Without --only, both.
    #[arg(long, conflicts_with_all = ["verify", "grown", "only", "json"])]
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
    if let Some(events) = flags.verify {
        return verify::run(events).await;
    }
    if let Some(events) = flags.grown {
        return grown(flags, events).await;
    }
    if flags.stages {
        return stages(flags).await;
    }
    let all = rows::all(&flags.clients);
    let chosen: Vec<Row> = all.iter().copied().filter(|row| row.name().contains(&flags.only)).collect();
    ensure!(!chosen.is_empty(), "no row has {:?} in its name: {}", flags.only, names(&all));
    let machine = look().await?;
    let measured = rows::run(&chosen, flags.runs, Duration::from_secs(flags.seconds)).await?;
    let lines = summary::lines(&measured);
    let stages = if flags.only.is_empty() { Some(Stages::measure().await?) } else { None };
    let notes = notes::notes(&lines, stages.as_ref());
    if flags.json {
        println!("{}", table::json(&machine, flags.seconds, flags.runs, &lines, &notes)?);
    } else {
        print(&machine, flags, &table::text(&lines));
        print_notes(&notes);
    }
    Ok(())
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

fn names(rows: &[Row]) -> String {
    rows.iter().map(|row| row.name()).collect::<Vec<_>>().join("; ")
}

async fn interrupted() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    anyhow::bail!("interrupted")
}
