//! `/health`: the process is alive. `/health/ready`: it can do its work, or what keeps it from it.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use sqlx::PgPool;

/// Longer than a healthy answer takes, shorter than a load balancer waits.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) fn router(database: PgPool) -> Router {
    Router::new().route("/health", get(alive)).route("/health/ready", get(ready)).with_state(database)
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    postgres: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_migrations: Vec<String>,
}

async fn alive() -> Json<Health> {
    Json(Health { status: "alive", postgres: None, missing_migrations: Vec::new() })
}

async fn ready(State(database): State<PgPool>) -> (StatusCode, Json<Health>) {
    let checked = tokio::time::timeout(PATIENCE, missing_migrations(&database)).await;
    let (postgres, missing_migrations) = match checked {
        Ok(Ok(missing)) => ("reachable", missing),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: Postgres refuses the check");
            ("failing", Vec::new())
        }
        Err(_) => ("not answering", Vec::new()),
    };
    let ready = postgres == "reachable" && missing_migrations.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = if ready { "ready" } else { "not ready" };
    (status, Json(Health { status: word, postgres: Some(postgres), missing_migrations }))
}

async fn missing_migrations(database: &PgPool) -> anyhow::Result<Vec<String>> {
    let mut connection = database.acquire().await?;
    let missing = xentri_migrations::pending(&mut connection).await?;
    Ok(missing.iter().map(ToString::to_string).collect())
}
