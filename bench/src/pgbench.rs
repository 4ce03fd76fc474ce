//! Raw single-row inserts by pgbench: what this Postgres does when nobody checks anything.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command as Program, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use sqlx::Executor as _;
use tempfile::TempDir;
use xentri_testkit::TestDb;

use crate::machine;
use crate::measure::{Latencies, Sample};

/// As many bytes as an event of ours has.
const BODY: usize = 600;
const THREADS: &str = "2";
const TABLE: &str = "
    create table event (
        id bigserial primary key,
        org uuid not null,
        stream uuid not null,
        version int not null,
        type text not null,
        body text not null
    )";
const SCRIPT: &str = "
    insert into event (org, stream, version, type, body)
    values (gen_random_uuid(), gen_random_uuid(), 1, 'xentri.lead.created.v1', :body);";

pub(crate) async fn run(clients: usize, time: Duration) -> anyhow::Result<Sample> {
    let db = TestDb::empty().await;
    db.connect_as_admin().await.execute(TABLE).await?;
    machine::checkpoint().await?;
    let files = TempDir::new()?;
    let script = files.path().join("insert.sql");
    fs::write(&script, SCRIPT)?;
    let log = files.path().join("log");
    let output = tokio::process::Command::from(program(&script, &log, clients, time)?)
        // In the environment, because a program's arguments are everybody's to read.
        .env("PGDATABASE", without_options(&db.admin_url()))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("pgbench failed:\n{complaint}");
    }
    let rate = rate(&String::from_utf8_lossy(&output.stdout))?;
    Ok(Sample::new(rate, &latencies(files.path())?))
}

fn program(script: &Path, log: &Path, clients: usize, time: Duration) -> anyhow::Result<Program> {
    let mut program = Program::new(find()?);
    program
        .args(["--no-vacuum", "--protocol=prepared", "--jobs", THREADS, "--log"])
        .arg(format!("--client={clients}"))
        .arg(format!("--time={}", time.as_secs()))
        // A variable, so that every insert sends the body, as a client would.
        .arg(format!("--define=body={}", "x".repeat(BODY)))
        .arg("--log-prefix")
        .arg(log)
        .arg("--file")
        .arg(script);
    Ok(program)
}

/// libpq refuses the options that sqlx adds.
fn without_options(url: &str) -> &str {
    url.split_once('?').map_or(url, |(url, _)| url)
}

/// Where Debian's packages put it, the newest first, else in PATH: there Debian has a wrapper, which wants a cluster.
fn find() -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut packaged: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    packaged.sort();
    packaged
        .into_iter()
        .rev()
        .map(|(_, folder)| folder)
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join("pgbench"))
        .find(|program| program.is_file())
        .context("pgbench is missing: it comes with Postgres (Debian: postgresql, Homebrew: postgresql)")
}

/// From its report: without the time that the connections took.
fn rate(report: &str) -> anyhow::Result<f64> {
    report
        .lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok())
        .with_context(|| format!("pgbench does not tell its rate:\n{report}"))
}

/// From its logs, one a thread: every transaction on a line, its microseconds third.
fn latencies(folder: &Path) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::new()?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            continue;
        }
        for line in fs::read_to_string(&path)?.lines() {
            let microseconds = line.split(' ').nth(2).and_then(|word| word.parse().ok());
            latencies.record(microseconds.with_context(|| format!("pgbench logged {line:?}"))?)?;
        }
    }
    Ok(latencies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_from_the_report() {
        let report = "number of clients: 32\nlatency average = 1.401 ms\n\
                      tps = 22836.129131 (without initial connection time)\n";
        assert!((rate(report).unwrap() - 22_836.129_131).abs() < 1e-9);
        assert!(rate("number of clients: 32\n").is_err());
    }

    #[test]
    fn latencies_are_read_from_the_logs_of_all_threads() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("insert.sql"), SCRIPT).unwrap();
        fs::write(folder.path().join("log.7"), "0 1 900 0 1763721675 512\n0 2 1100 0 1763721675 513\n")
            .unwrap();
        fs::write(folder.path().join("log.7.1"), "1 1 1000 0 1763721675 512\n").unwrap();
        let sample = Sample::new(1.0, &latencies(folder.path()).unwrap());
        assert_eq!((sample.p50, sample.max), (1000, 1100));
    }
}
