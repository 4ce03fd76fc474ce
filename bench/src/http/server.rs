//! A server in a process of its own, and tokens for it.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::time::{Instant, sleep};
use uuid::Uuid;
use xentri_testkit::TestDb;

use super::client::{Connection, Request};
use crate::process::{KafkaPlace, role, xentri};
use crate::topics;

const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Server {
    // Ends before its database and its directory go.
    _process: Child,
    /// Its own, without a scheme.
    pub(super) host: String,
    data: TempDir,
    _topics: Option<topics::Cleared>,
    database: TestDb,
}

impl Server {
    /// `xentri serve --alone`: the API and nothing else.
    pub(super) async fn alone() -> anyhow::Result<Self> {
        let (database, data) = (TestDb::new().await, TempDir::new()?);
        let key = data.path().join("development.key");
        std::fs::write(&key, format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))?;
        let host = free_address()?;
        let mut process = role("serve", &database, None)?
            .args(["--alone", "--listen", &host])
            .env("XENTRI_ENVIRONMENT", "local")
            .env("XENTRI_AUTH_DEVELOPMENT_KEY", &key)
            .env("XENTRI_RATE_LIMIT_PER_ORG", "0")
            .spawn()
            .context("xentri can't be started")?;
        is_ready(&host, &mut process).await?;
        Ok(Self { _process: process, host, data, _topics: None, database })
    }

    /// `xentri up`, with relay, workers, reactors and jobs in the same process, by way of Kafka.
    pub(super) async fn with_everything_on() -> anyhow::Result<Self> {
        let (database, data) = (TestDb::new().await, TempDir::new()?);
        let kafka = KafkaPlace::new();
        let mut process = role("up", &database, Some(&kafka))?
            .args(["--listen", "127.0.0.1:0", "--json", "--data"])
            .arg(data.path())
            .env("XENTRI_RATE_LIMIT_PER_ORG", "0")
            .stdout(Stdio::piped())
            .spawn()
            .context("xentri can't be started")?;
        let output = process.stdout.take().context("xentri has no output")?;
        let line = BufReader::new(output).lines().next_line().await?;
        let ready: Value = serde_json::from_str(&line.context("xentri ended before it was ready")?)?;
        let api = ready["api"].as_str().and_then(|api| api.strip_prefix("http://"));
        let host = api.context("xentri does not say where its API is")?.trim_end_matches('/').to_owned();
        let topics = Some(topics::Cleared(kafka));
        Ok(Self { _process: process, host, data, _topics: topics, database })
    }

    pub(super) fn database(&self) -> &TestDb {
        &self.database
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

/// One that nobody listens on at the moment: `serve` tells no program which it took.
fn free_address() -> anyhow::Result<String> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.to_string())
}

async fn is_ready(host: &str, process: &mut Child) -> anyhow::Result<()> {
    let began = Instant::now();
    let path = "/health/ready";
    let request = Request { method: "GET", path, token: None, idempotency_key: None, body: "" };
    while began.elapsed() < PATIENCE {
        ensure!(process.try_wait()?.is_none(), "xentri ended before it was ready");
        if let Ok(mut connection) = Connection::open(host).await
            && connection.send(&request).await.is_ok_and(|answer| answer.status == 200)
        {
            return Ok(());
        }
        sleep(Duration::from_millis(20)).await;
    }
    bail!("{host} does not become ready")
}
