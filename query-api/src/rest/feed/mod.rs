//! `GET /api/v1/events`: everything that happened in an org, in order, as pages and as a stream of server-sent events.
//!
//! It reads the ledger and no projection, so that it shows what was recorded the moment it is. An event leaves as it is
//! stored, byte for byte; for who may read personal data its sealed values are open. An org's order is `org_seq`: of shards and
//! positions nothing is told, or one tenant could count another's events.

mod open;
mod page;
mod read;
mod request;
mod stream;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use tokio::sync::watch;
use xentri_domain::kernel::{Clock, Permission};
use xentri_ledger::Ledger;
use xentri_schemas::{ErrorKind, Problem};

use super::asked::Asked;
use super::problem;
use crate::OrgHeads;
use crate::places::OpenPlaces;
use read::Reader;
use request::FeedRequest;

pub(super) const PATH: &str = "/api/v1/events";

/// What the feed stands on. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Feed {
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) heads: OrgHeads,
    pub(crate) streams: OpenPlaces,
    pub(crate) stop: watch::Receiver<bool>,
}

pub(super) async fn get(State(feed): State<Feed>, asked: Asked) -> Result<Response, Problem> {
    asked.require(Permission::EVENTS_SUBSCRIBE)?;
    let request = FeedRequest::read(&asked.uri, &asked.headers)?;
    let org = feed.ledger.directory().find(asked.principal.org()).await;
    let org = org.map_err(problem::of)?;
    let org = org.ok_or_else(|| Problem::new(ErrorKind::ORG_UNKNOWN))?;
    let reader = Reader {
        ledger: feed.ledger.clone(),
        home: org.home,
        types: request.types.clone(),
        opens: asked.principal.allows(Permission::PERSON_READ),
    };
    if request.as_stream {
        stream::open(&feed, reader, request.after, asked.until).await
    } else {
        page::answer(&reader, &request).await
    }
}
