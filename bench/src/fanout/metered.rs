//! A process that prints lines of JSON, and what it uses meanwhile.

use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use sqlx::postgres::PgConnection;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::sleep;
use xentri_testkit::TestDb;

use super::usage::{LOOK_EVERY, Meter, Used};

pub(super) struct Metered {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    meter: Meter,
    postgres: PgConnection,
}

impl Metered {
    /// Whoever filled the database is connected still, and does not count.
    pub(super) async fn start(mut command: Command, database: &TestDb) -> anyhow::Result<Self> {
        let mut postgres = database.connect_as_admin().await;
        let mut process = command.stdout(Stdio::piped()).spawn().context("xentri can't be started")?;
        let lines = BufReader::new(process.stdout.take().context("no output")?).lines();
        let mut meter = Meter::of(&process);
        meter.look(&mut postgres).await?;
        meter.begin();
        Ok(Self { process, lines, meter, postgres })
    }

    /// None when it has told everything.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Value>> {
        loop {
            tokio::select! {
                () = sleep(LOOK_EVERY) => self.meter.look(&mut self.postgres).await?,
                line = self.lines.next_line() => {
                    return Ok(line?.map(|line| serde_json::from_str(&line)).transpose()?);
                }
            }
        }
    }

    /// Since it was started, for each of so many.
    pub(super) async fn used(&mut self, units: u64) -> anyhow::Result<Option<Used>> {
        self.meter.look(&mut self.postgres).await?;
        Ok(self.meter.used(units))
    }

    pub(super) async fn end(mut self) -> anyhow::Result<()> {
        let ended = self.process.wait().await?;
        ensure!(ended.success(), "xentri has failed: {ended}");
        Ok(())
    }
}
