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

    fn stands<'a>(&'a self, upgrade: &'a Parts) -> BoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move { self.door.recognise.recognise(upgrade).await.map(|_| ()) })
    }

    fn pace(&self, org: OrgId) -> Option<Duration> {
        self.of_org.count(&org)?.wait.map(Duration::from_secs)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use axum::http::Request;
    use xentri_schemas::ErrorKind;

    use crate::config::Rate;

    use super::super::rate::Limits;
    use super::*;

    #[derive(Clone)]
    struct Nobody;

    impl Recognise for Nobody {
        async fn recognise(&self, _: &Parts) -> Result<(Caller, ValidUntil), Problem> {
            Err(Problem::new(ErrorKind::UNAUTHENTICATED))
        }
    }

    #[tokio::test]
    async fn who_has_failed_too_often_is_still_told_apart_from_who_is_not_recognised_any_more() {
        let rate = Rate { per_second: NonZeroU32::MIN, burst: NonZeroU32::MIN };
        let door = Door::new(Nobody, Limits::new(Some(rate)), &[]);
        let reception = Reception::new(&door, &Arc::new(Limits::new(None)));
        let (parts, ()) = Request::get("/graphql").body(()).unwrap().into_parts();
        assert_eq!(reception.admit(&parts).await.unwrap_err().kind, ErrorKind::UNAUTHENTICATED);
        assert_eq!(reception.admit(&parts).await.unwrap_err().kind, ErrorKind::RATE_LIMITED);
        assert_eq!(reception.stands(&parts).await.unwrap_err().kind, ErrorKind::UNAUTHENTICATED);
    }
}
