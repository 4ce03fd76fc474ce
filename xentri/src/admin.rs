//! The address for those who run the system: metrics and health, on every role.

use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::config::{Http, Settings};
use crate::gateway::{self, Health, Server};
use crate::metrics::{MEDIA_TYPE, Metrics};
use crate::serve;
use crate::shutdown::Shutdown;

/// More than a few scrapers and probes are a mistake of theirs, and are not to take the API's files.
const CONNECTIONS: usize = 32;

/// What is left of a scrape when a stop is asked for.
const DRAIN: Duration = Duration::from_secs(2);

pub(crate) struct Admin {
    listener: TcpListener,
    url: String,
}

impl Admin {
    /// None where it is off.
    pub(crate) async fn bind(settings: &Settings) -> anyhow::Result<Option<Self>> {
        let Some(address) = settings.admin.listen.address() else { return Ok(None) };
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!(
                "can't listen on {address} for metrics; name a free address with XENTRI_ADMIN_LISTEN, or off"
            )
        })?;
        let url = serve::url(&listener)?;
        tracing::info!(admin = url, "metrics and health");
        Ok(Some(Self { listener, url }))
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Until a stop is asked for.
    pub(crate) fn start(
        self,
        metrics: Metrics,
        health: Health,
        settings: &Settings,
        shutdown: &Shutdown,
    ) -> JoinHandle<()> {
        let app =
            Router::new().route("/metrics", get(tell)).with_state(metrics).merge(gateway::health(health));
        let http = Http { connections: CONNECTIONS, ..settings.http.clone() };
        let server = Server::new(&http, CONNECTIONS, DRAIN);
        let (listener, shutdown) = (self.listener, shutdown.clone());
        tokio::spawn(async move { gateway::serve(listener, app, server, &shutdown).await })
    }
}

/// Waits for it to end, which it does when a stop is asked for.
pub(crate) async fn ended(admin: Option<JoinHandle<()>>) {
    let Some(admin) = admin else { return };
    if let Err(error) = admin.await {
        tracing::error!(%error, "the admin address ended by a fault of its own");
    }
}

async fn tell(State(metrics): State<Metrics>) -> impl IntoResponse {
    ([(CONTENT_TYPE, MEDIA_TYPE)], metrics.text().await)
}
