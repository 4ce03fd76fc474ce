//! The running Postgres: started, awaited, watched, started again when it ends by itself, stopped in order.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Child;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};
use xentri_migrations::MigrationError;

use super::cluster::Cluster;
use crate::shutdown::Shutdown;

/// Recovery after a crash replays what was not yet in the files, which may take minutes.
const LONGEST_START: Duration = Duration::from_mins(10);
/// What Postgres says while it starts, recovers or stops.
const CANNOT_CONNECT_NOW: &str = "57P03";
const BETWEEN_LOOKS: Duration = Duration::from_millis(15);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Starts Postgres and waits until `login` can connect.
pub(super) async fn start(
    cluster: &Cluster,
    port: u16,
    login: &str,
    shutdown: &Shutdown,
) -> anyhow::Result<Child> {
    let mut process = cluster.server(port)?.spawn().context("Postgres can't be started")?;
    match answers(&mut process, login, &cluster.log, shutdown).await {
        Ok(()) => Ok(process),
        Err(error) => {
            stop(&mut process).await;
            Err(error)
        }
    }
}

/// Keeps Postgres running until told to stop.
pub(super) async fn watch(
    mut process: Child,
    cluster: Cluster,
    port: u16,
    login: String,
    shutdown: Shutdown,
    mut stopped: oneshot::Receiver<()>,
) {
    loop {
        tokio::select! {
            _ = &mut stopped => return stop(&mut process).await,
            status = process.wait() => {
                tracing::error!(?status, log = %cluster.log.display(), "Postgres ended by itself; starting it again");
            }
        }
        let mut pause = Duration::from_millis(100);
        process = loop {
            tokio::select! {
                _ = &mut stopped => return,
                started = start(&cluster, port, &login, &shutdown) => match started {
                    Ok(process) => break process,
                    Err(error) => tracing::error!(error = format!("{error:#}"), "Postgres did not start again"),
                }
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
    }
}

async fn answers(process: &mut Child, login: &str, log: &Path, shutdown: &Shutdown) -> anyhow::Result<()> {
    let begin = Instant::now();
    loop {
        if let Some(status) = process.try_wait().context("Postgres can't be watched")? {
            let said = fs::read_to_string(log).unwrap_or_default();
            bail!("Postgres did not start ({status}): {}; its log is {}", gravest_line(&said), log.display());
        }
        if shutdown.is_requested() {
            bail!("stopped before Postgres was ready");
        }
        match xentri_migrations::connect(login).await {
            Ok(_) => return Ok(()),
            Err(error) if is_starting(&error) && begin.elapsed() < LONGEST_START => {
                sleep(BETWEEN_LOOKS).await;
            }
            Err(error) => return Err(error).context("Postgres started but lets nobody in"),
        }
    }
}

/// Whether it may let us in later; a wrong password stays wrong.
fn is_starting(error: &MigrationError) -> bool {
    match error {
        MigrationError::NoAnswer { .. } | MigrationError::Unreachable { cause: sqlx::Error::Io(_), .. } => {
            true
        }
        MigrationError::Unreachable { cause: sqlx::Error::Database(cause), .. } => {
            cause.code().as_deref() == Some(CANNOT_CONNECT_NOW)
        }
        _ => false,
    }
}

/// Fast first: Postgres rolls back what is open and ends in order. Then without a checkpoint, then not at all.
async fn stop(process: &mut Child) {
    let Some(pid) = process.id().and_then(|pid| i32::try_from(pid).ok()) else { return };
    for (signal, patience) in
        [(Signal::SIGINT, Duration::from_secs(8)), (Signal::SIGQUIT, Duration::from_secs(3))]
    {
        // It may have ended between the look and the signal.
        let _ = kill(Pid::from_raw(pid), signal);
        if timeout(patience, process.wait()).await.is_ok() {
            return;
        }
    }
    if let Err(error) = process.kill().await {
        tracing::error!(%error, pid, "Postgres can't be ended");
    }
}

/// Signals a process that is not our child and waits for its end; false when it is still there after `patience`.
pub(super) async fn signal_and_wait(pid: Pid, signal: Signal, patience: Duration) -> bool {
    let begin = Instant::now();
    let mut alive = kill(pid, signal).is_ok();
    while alive && begin.elapsed() < patience {
        sleep(BETWEEN_LOOKS).await;
        alive = kill(pid, None).is_ok();
    }
    !alive
}

/// Why one of Postgres's programs gave up, of all that it said.
pub(super) fn gravest_line(said: &str) -> &str {
    let grave =
        |line: &&str| ["PANIC", "FATAL", "could not", "error:"].iter().any(|word| line.contains(word));
    said.lines().rfind(grave).or_else(|| said.lines().last()).unwrap_or("it does not say why")
}
