//! `GET /graphql` with an upgrade.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::header::{ALLOW, HeaderValue, UPGRADE};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use xentri_schemas::{ErrorKind, Problem};

use super::admit::Admits;
use super::budget::Limits;
use super::hub::Hub;
use super::socket;
use super::stats::SocketStats;
use crate::OrgHeads;
use crate::graphql::{Reads, SubscriptionSettings};

const PROTOCOL: &str = "graphql-transport-ws";
/// A query and its variables.
const MESSAGE: usize = 256 << 10;
/// Of a thousand sockets most have nothing to say most of the time.
const BUFFER: usize = 4 << 10;

/// What answers subscriptions. Cheap to clone.
#[derive(Clone)]
pub struct Sockets(Arc<Hub>);

#[derive(Clone)]
struct Door {
    hub: Arc<Hub>,
    admits: Arc<dyn Admits>,
}

impl Sockets {
    /// Must be called within a Tokio runtime. `stop` becomes true when the process is to stop: sockets are closed then, and their
    /// clients resume elsewhere.
    pub fn new(
        reads: Reads,
        heads: OrgHeads,
        settings: SubscriptionSettings,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self(Arc::new(Hub::new(reads, heads, settings, stop, Limits::default())))
    }

    pub fn stats(&self) -> &SocketStats {
        &self.0.stats
    }

    /// For everybody: a client says on the socket who it is.
    pub fn router(&self, admits: Arc<dyn Admits>) -> Router {
        Router::new().route("/graphql", get(open)).with_state(Door { hub: self.0.clone(), admits })
    }

    /// Once a stop is asked for: when all are closed, or it takes longer than that.
    pub async fn ended(&self, longest: Duration) {
        let ended = async {
            while self.stats().sockets() > 0 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        if timeout(longest, ended).await.is_err() {
            tracing::warn!(open = self.stats().sockets(), "stopped with sockets still open");
        }
    }
}

async fn open(
    State(Door { hub, admits }): State<Door>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    parts: Parts,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(_) if parts.headers.contains_key(UPGRADE) => {
            return Problem::new(ErrorKind::BAD_HEADER).detail("no upgrade to a WebSocket").into_response();
        }
        Err(_) => {
            let mut refusal = Problem::new(ErrorKind::METHOD_NOT_ALLOWED).into_response();
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            return refusal;
        }
    };
    if *hub.stop.borrow() {
        return Problem::new(ErrorKind::UNAVAILABLE).retry_after(1).into_response();
    }
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(MESSAGE).max_frame_size(MESSAGE);
    let upgrade = upgrade.read_buffer_size(BUFFER).write_buffer_size(BUFFER);
    let speaks = upgrade.selected_protocol().is_some();
    // Counted from here on, so that a stop waits for it. The connection's place is among what the request brings.
    let open = hub.stats.socket();
    upgrade.on_upgrade(move |ws| async move {
        socket::attend(ws, hub, admits, parts, speaks).await;
        drop(open);
    })
}
