//! The door for sockets: the same authentication, the same limits, only later than for requests.

use std::sync::Arc;
use std::time::Duration;

use axum::http::request::Parts;
use futures_util::future::BoxFuture;
use xentri_domain::kernel::{Caller, OrgId, ValidUntil};
use xentri_query_api::graphql::Admits;
use xentri_schemas::Problem;

use super::caller::{Door, Recognise};
use super::rate::OrgLimits;

pub(super) struct Reception<R> {
    door: Door<R>,
    of_org: Arc<OrgLimits>,
}

impl<R: Recognise> Reception<R> {
    pub(super) fn new(door: &Door<R>, of_org: &Arc<OrgLimits>) -> Self {
        Self { door: door.clone(), of_org: of_org.clone() }
    }
}

impl<R: Recognise> Admits for Reception<R> {
    fn admit<'a>(&'a self, upgrade: &'a Parts) -> BoxFuture<'a, Result<(Caller, ValidUntil), Problem>> {
        Box::pin(async move {
            let recognised = self.door.recognise.recognise(upgrade).await;
            recognised.map_err(|problem| self.door.counted(upgrade, problem))
        })
    }

    fn pace(&self, org: OrgId) -> Option<Duration> {
        self.of_org.count(&org)?.wait.map(Duration::from_secs)
    }
}
