//! What the tests ask, and who they are.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Extension;
use axum::http::request::Parts;
use axum::routing::{get, post};
use tokio::sync::Notify;
use xentri_domain::kernel::{Caller, OrgId, Role, Timestamp, ValidUntil};
use xentri_schemas::{ErrorKind, Problem, TraceId};
use xentri_testkit::factory;

use super::super::caller::Recognise;
use super::super::{Routes, app};
use crate::config::Settings;
use crate::metrics::Metrics;

/// Whoever says so is a member of the org that the token is.
#[derive(Clone)]
pub(super) struct Trusting;

impl Recognise for Trusting {
    async fn recognise(&self, parts: &Parts) -> Result<(Caller, ValidUntil), Problem> {
        let org =
            parts.headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let org = org.and_then(|org| OrgId::parse(org).ok());
        let org = org.ok_or_else(|| Problem::new(ErrorKind::UNAUTHENTICATED))?;
        Ok((Caller::InOrg(factory::principal(org, Role::Member)), ValidUntil(Timestamp::MAX)))
    }
}

/// A handler that tells when it has begun and ends when it is told.
#[derive(Clone, Default)]
pub(super) struct Gate {
    pub(super) begun: Arc<Notify>,
    pub(super) end: Arc<Notify>,
}

impl Gate {
    async fn pass(self) -> &'static str {
        self.begun.notify_one();
        self.end.notified().await;
        "through"
    }
}

pub(super) fn made_up(settings: &Settings, gate: &Gate) -> Router {
    let (slow, wait) = (gate.clone(), gate.clone());
    let protected = Router::new()
        .route("/length", post(|body: Bytes| async move { body.len().to_string() }))
        .route(
            "/org",
            get(|Extension(caller): Extension<Caller>| async move {
                caller.principal().unwrap().org().to_string()
            }),
        )
        .route("/slow", get(|| slow.pass()).post(|| wait.pass()));
    let open = Router::new()
        .route("/panic", get(mistaken))
        .route("/trace", get(|Extension(trace): Extension<TraceId>| async move { trace.to_string() }))
        .route("/text/{bytes}", get(|path: axum::extract::Path<usize>| async move { "a".repeat(*path) }));
    app(
        Routes { health: Router::new(), open, protected, sockets: None },
        Trusting,
        settings,
        Metrics::new().requests(),
    )
}

async fn mistaken() -> &'static str {
    panic!("as a mistake would")
}

/// Some org's token.
pub(super) fn token() -> String {
    format!("Bearer {}", factory::org())
}
