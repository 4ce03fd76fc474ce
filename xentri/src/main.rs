//! The one binary: command line, configuration, telemetry, gateway and composition root.
//!
//! Here live the subcommands and what they put together. Not here: what the parts do.

mod admin;
mod audit;
mod background;
mod cli;
mod client;
mod clock;
mod config;
mod data_dir;
mod demo;
mod dlq;
mod gateway;
mod metrics;
mod migrate;
mod new_epoch;
mod open_files;
mod operators;
mod org;
mod postgres;
mod rebuild;
mod replay;
mod roles;
mod serve;
mod shutdown;
mod status;
mod telemetry;
mod token;
mod topics;
mod up;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use mimalloc::MiMalloc;
use tokio::runtime::Runtime;

use crate::cli::{Cli, Command, LedgerCommand, OrgCommand, TopicsCommand};

/// A command makes some hundred small allocations, and most are freed by another thread than the one that made them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    telemetry::start(&cli.log);
    let outcome = Runtime::new().context("can't start threads").and_then(|runtime| {
        let outcome = runtime.block_on(run(cli.command));
        // Whoever asks a Kafka that is away keeps a thread for as long as he waits. Nobody needs the answer any more.
        runtime.shutdown_background();
        outcome
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xentri: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Up(options) => up::run(options).await,
        Command::Serve(options) => serve::run(options).await,
        Command::Relay(options) => roles::relay(options).await,
        Command::Work(options) => roles::work(options).await,
        Command::Schedule(options) => roles::schedule(options).await,
        Command::Topics(TopicsCommand::Apply(options)) => topics::apply(options).await,
        Command::Topics(TopicsCommand::List(options)) => topics::list(options).await,
        Command::Topics(TopicsCommand::Watch(options)) => topics::watch(options).await,
        Command::Status(options) => status::run(options).await,
        Command::Migrate(options) => migrate::run(options).await,
        Command::Config => {
            print!("{}", config::reference());
            Ok(())
        }
        Command::Audit(command) => audit::run(command).await,
        Command::Ledger(LedgerCommand::NewEpoch(options)) => new_epoch::run(options).await,
        Command::Rebuild(options) => rebuild::run(*options).await,
        Command::Dlq(command) => dlq::run(command).await,
        Command::Replay(options) => replay::run(*options).await,
        Command::Org(OrgCommand::Create(options)) => org::create(*options).await,
        Command::Token(options) => token::run(&options),
    }
}
