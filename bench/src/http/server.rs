//! The real `xentri`, on a database of its own in the benchmark's Postgres, and tokens for it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use xentri_testkit::TestDb;

/// Names another binary than the one that was built beside this one.
const BINARY: &str = "XENTRI_BENCH_BINARY";

pub(super) struct Server {
    // Ends before its database and its directory go.
    _process: Child,
    /// Its own, without a scheme.
    pub(super) host: String,
    data: TempDir,
    _database: TestDb,
}

impl Server {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let database = TestDb::new().await;
        let data = TempDir::new()?;
        let mut process = xentri()?
            .args(["up", "--listen", "127.0.0.1:0", "--json", "--data"])
            .arg(data.path())
            .env("DATABASE_URL", database.server_url())
            .env("XENTRI_RATE_LIMIT_PER_ORG", "0")
            .stdout(Stdio::piped())
            .spawn()
            .context("xentri can't be started")?;
        let output = process.stdout.take().context("xentri has no output")?;
        let line = BufReader::new(output).lines().next_line().await?;
        let ready: Value = serde_json::from_str(&line.context("xentri ended before it was ready")?)?;
        let api = ready["api"].as_str().and_then(|api| api.strip_prefix("http://"));
        let host = api.context("xentri does not say where its API is")?.trim_end_matches('/').to_owned();
        Ok(Self { _process: process, host, data, _database: database })
    }

    pub(super) async fn owner_token(&self, org: &str, sub: &str) -> anyhow::Result<String> {
        self.token(&["--org", org, "--role", "owner", "--sub", sub]).await
    }

    pub(super) async fn service_token(&self) -> anyhow::Result<String> {
        self.token(&["--service", "bench"]).await
    }

    async fn token(&self, who: &[&str]) -> anyhow::Result<String> {
        let output = xentri()?.args(["token", "--data"]).arg(self.data.path()).args(who).output().await?;
        if !output.status.success() {
            bail!("no token: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

/// A command line that sees none of this process's own settings; its process ends with the value.
fn xentri() -> anyhow::Result<Command> {
    let mut command = Command::new(binary()?);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("XENTRI_")) {
        command.env_remove(name);
    }
    command.env("XENTRI_LOG", "error").stdin(Stdio::null()).kill_on_drop(true);
    Ok(command)
}

fn binary() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os(BINARY) {
        return Ok(named.into());
    }
    let this = std::env::current_exe()?;
    let beside = this.parent().unwrap_or(Path::new(".")).join("xentri");
    if !beside.exists() {
        bail!("there is no {}: build xentri in the same way, or name one by {BINARY}", beside.display());
    }
    Ok(beside)
}
