//! Commands while a read model is made anew from the ledger that they go to, against the same commands while none is.
//!
//! `xentri work` keeps all read models up to date both times, as it does where anybody reads.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use sqlx::postgres::PgConnection;
use tokio::process::Child;
use tokio::time::{Instant, sleep};
use xentri_ledger::Shard;
use xentri_workers::rebuild::drop_ended;

use super::backlog::{folded, recorded};
use super::folded::Folded;
use super::rebuilt::command;
use super::{Beside, Sample};
use crate::contender::Scenario;
use crate::measure::{self, Load};
use crate::process::role;
use crate::rows::CROWD;

/// Not counted, before each of both.
const WARMING_UP: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_mins(5);

pub(super) async fn run(ledger: &Folded, run: u64, time: Duration) -> anyhow::Result<Sample> {
    let mut work = role("work", ledger.database(), None)?.spawn().context("xentri work can't be started")?;
    let mut beside = Beside { alone: 0.0, rebuilding: 0.0, rebuilds: 0 };
    // Neither always comes after the other.
    let alone_first = run % 2 == 1;
    for rebuilding in [!alone_first, alone_first] {
        commands(ledger, WARMING_UP).await?;
        come_to_rest(ledger, &mut work).await?;
        if rebuilding {
            (beside.rebuilding, beside.rebuilds) = rebuilding_meanwhile(ledger, time).await?;
        } else {
            beside.alone = commands(ledger, time).await?;
        }
    }
    work.kill().await?;
    Ok(Sample { rate: beside.rebuilding / beside.alone, beside: Some(beside), ..Sample::default() })
}

/// How many a second.
async fn commands(ledger: &Folded, time: Duration) -> anyhow::Result<f64> {
    let load = Load { scenario: Scenario::Create, clients: CROWD, time };
    Ok(measure::run_on(&ledger.commands, load).await?.rate)
}

/// The same, and how many rebuilds were begun meanwhile: the next one when the one before has ended. The last one may end
/// when the commands are over; all of them have to succeed.
async fn rebuilding_meanwhile(ledger: &Folded, time: Duration) -> anyhow::Result<(f64, u64)> {
    let commands = commands(ledger, time);
    tokio::pin!(commands);
    let (mut rate, mut rebuilds) = (None, 0);
    loop {
        let mut rebuild = command(ledger.database())?.spawn().context("xentri rebuild can't be started")?;
        rebuilds += 1;
        let ended = tokio::select! {
            ended = rebuild.wait() => ended?,
            answered = &mut commands => {
                rate = Some(answered?);
                rebuild.wait().await?
            }
        };
        ensure!(ended.success(), "xentri rebuild has failed: {ended}");
        if let Some(rate) = rate {
            return Ok((rate, rebuilds));
        }
    }
}

/// What was done before has no part in what follows: all of it is folded, and what a rebuild has replaced is fed no more.
async fn come_to_rest(ledger: &Folded, work: &mut Child) -> anyhow::Result<()> {
    let mut postgres = ledger.database().connect_as_admin().await;
    let databases = ledger.commands.ledger().databases();
    let began = Instant::now();
    loop {
        let dropped = drop_ended(databases, Shard::new(0)).await;
        // Workers may be in the way for a moment.
        if let Err(error) = dropped
            && !error.is_transient()
        {
            return Err(error.into());
        }
        if is_at_rest(&mut postgres).await? {
            return Ok(());
        }
        ensure!(work.try_wait()?.is_none(), "xentri work has ended");
        ensure!(began.elapsed() < PATIENCE, "it does not come to rest");
        sleep(LOOK_EVERY).await;
    }
}

async fn is_at_rest(postgres: &mut PgConnection) -> anyhow::Result<bool> {
    let live = "select bool_and(state in ('live', 'dropped')) from projection_generation";
    let is_live: bool = sqlx::query_scalar(live).fetch_one(&mut *postgres).await?;
    Ok(is_live && folded(postgres).await? >= recorded(postgres).await?)
}
