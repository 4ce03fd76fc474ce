//! Parked events, counted in the database when somebody asks.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use xentri_ledger::Databases;
use xentri_projections::read_models;
use xentri_workers::parked::ParkedTally;
use xentri_workers::reactors::reactor_names;

use super::catalogue;
use super::page::Page;

/// A count is good for so long: who asks is not to keep the database busy.
const FRESH: Duration = Duration::from_secs(5);
/// Whoever reads metrics does not wait longer, and wants the others most when the database is away.
const PATIENCE: Duration = Duration::from_secs(1);

/// Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Parked {
    databases: Databases,
    last: Arc<Mutex<Option<(Instant, ParkedTally)>>>,
}

impl Parked {
    pub(super) fn of(databases: Databases) -> Self {
        Self { databases, last: Arc::default() }
    }

    pub(super) async fn tell(&self, page: &mut Page) {
        let tally = self.tally().await;
        page.put(catalogue::PARKED_KNOWN, &[], u8::from(tally.is_some()));
        let Some(tally) = tally else { return };
        page.put(catalogue::CORRELATED, &[], tally.same_correlation);
        let mut all = tally.by_projection;
        // None is a number too: an alert on what is not there would never be raised.
        let models = read_models();
        for name in models.iter().map(|model| model.name()).chain(reactor_names()) {
            all.entry(name.to_owned()).or_default();
        }
        for (projection, counts) in all {
            page.put(catalogue::PARKED_NOW, &[&projection], counts.failed);
            page.put(catalogue::PARKED_LATELY, &[&projection], counts.failed_lately);
            page.put(catalogue::WAITING, &[&projection], counts.waiting);
            page.put(catalogue::DISCARDED, &[&projection], counts.discarded);
        }
    }

    async fn tally(&self) -> Option<ParkedTally> {
        let mut last = self.last.lock().await;
        if let Some((_, tally)) = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return Some(tally.clone());
        }
        let tally = match timeout(PATIENCE, ParkedTally::read(&self.databases)).await {
            Ok(Ok(tally)) => tally,
            Ok(Err(error)) => {
                tracing::warn!(%error, "parked events can't be counted");
                return None;
            }
            Err(_) => return None,
        };
        *last = Some((Instant::now(), tally.clone()));
        Some(tally)
    }
}
