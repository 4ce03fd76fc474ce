//! `/health`: the process is alive. `/health/ready`: it can do its work, or what keeps it from it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use futures_util::future::join_all;
use serde::Serialize;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use xentri_ledger::{Ledger, ShardMap};

/// Longer than a healthy answer takes, shorter than a load balancer waits.
const PATIENCE: Duration = Duration::from_secs(2);

/// A look is good for so long: who asks is anybody, and is not to keep the databases busy.
const FRESH: Duration = Duration::from_millis(100);

const REACHABLE: &str = "reachable";

/// Cheap to clone. Looks through connections of its own, so that a pool that is used up does not look like a database
/// that is away.
#[derive(Clone)]
pub(crate) struct Health {
    databases: Arc<[PgPool]>,
    /// None of a process that appends nothing.
    ledger: Option<Ledger>,
    last: Arc<Mutex<Option<(Instant, Report)>>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Report {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    postgres: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    appenders: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_migrations: Vec<String>,
    /// With several databases: which of them, counted from 1 as they are listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unready_databases: Vec<usize>,
}

struct Found {
    postgres: &'static str,
    missing_migrations: Vec<String>,
}

impl Health {
    pub(crate) fn new(map: &ShardMap, ledger: Option<Ledger>) -> Result<Self, sqlx::Error> {
        let pool = |url: &str| {
            let options = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
            options.idle_timeout(Duration::from_mins(1)).connect_lazy(url)
        };
        let databases: Result<Vec<_>, _> =
            map.databases().iter().map(|database| pool(&database.url)).collect();
        Ok(Self { databases: databases?.into(), ledger, last: Arc::default() })
    }

    pub(crate) async fn close(&self) {
        join_all(self.databases.iter().map(PgPool::close)).await;
    }

    async fn report(&self) -> Report {
        let mut last = self.last.lock().await;
        if let Some((_, report)) = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return report.clone();
        }
        let report = self.look().await;
        *last = Some((Instant::now(), report.clone()));
        report
    }

    async fn look(&self) -> Report {
        let found = join_all(self.databases.iter().map(look_at)).await;
        let alive = self.ledger.as_ref().map(|ledger| ledger.appenders().alive());
        let is_unready = |found: &Found| found.postgres != REACHABLE || !found.missing_migrations.is_empty();
        let unready: Vec<_> =
            found.iter().enumerate().filter(|(_, found)| is_unready(found)).map(|(n, _)| n + 1).collect();
        let postgres = found.iter().map(|found| found.postgres).find(|word| *word != REACHABLE);
        let ready = unready.is_empty() && alive != Some(false);
        Report {
            status: if ready { "ready" } else { "not ready" },
            postgres: Some(postgres.unwrap_or(REACHABLE)),
            appenders: alive.map(|alive| if alive { "alive" } else { "stopped" }),
            missing_migrations: found.iter().flat_map(|found| found.missing_migrations.clone()).collect(),
            unready_databases: if found.len() > 1 { unready } else { Vec::new() },
        }
    }
}

pub(crate) fn router(health: Health) -> Router {
    Router::new().route("/health", get(alive)).route("/health/ready", get(ready)).with_state(health)
}

async fn alive() -> Json<Report> {
    Json(Report {
        status: "alive",
        postgres: None,
        appenders: None,
        missing_migrations: Vec::new(),
        unready_databases: Vec::new(),
    })
}

async fn ready(State(health): State<Health>) -> (StatusCode, Json<Report>) {
    let report = health.report().await;
    let status = if report.status == "ready" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report))
}

async fn look_at(database: &PgPool) -> Found {
    let (postgres, missing_migrations) = match timeout(PATIENCE, missing_migrations(database)).await {
        Ok(Ok(missing)) => (REACHABLE, missing),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: Postgres refuses the check");
            ("failing", Vec::new())
        }
        Err(_) => ("not answering", Vec::new()),
    };
    Found { postgres, missing_migrations }
}

async fn missing_migrations(database: &PgPool) -> anyhow::Result<Vec<String>> {
    let mut connection = database.acquire().await?;
    let missing = xentri_migrations::pending(&mut connection).await?;
    Ok(missing.iter().map(ToString::to_string).collect())
}
