//! What this process counts, as Prometheus reads it.
//!
//! The parts count for themselves, in values of their own; here is only who is asked, and under which names it is shown. A
//! part that a process does not have is left out.

mod catalogue;
mod ledger;
mod page;
mod parked;
mod process;
mod relay;
mod requests;
mod sockets;
#[cfg(test)]
mod tests;
mod work;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::watch;
use xentri_commands::Dispatcher;
use xentri_ledger::{Databases, Ledger, Shard};
use xentri_query_api::graphql::SocketStats;
use xentri_workers::GivenStats;
use xentri_workers::feed::{Heads, Place};
use xentri_workers::leases::LeaseStats;
use xentri_workers::relay::RelayStats;

pub(crate) use page::MEDIA_TYPE;
use page::Page;
use parked::Parked;
pub(crate) use requests::Requests;
pub(crate) use work::Work;

/// Cheap to clone: all clones show the same.
#[derive(Clone)]
pub(crate) struct Metrics(Arc<Inner>);

struct Inner {
    begun: SystemTime,
    requests: Requests,
    sources: Mutex<Sources>,
}

/// Where every shard ends. Only looked at: whoever asks for it may end before this does.
type ShardHeads = BTreeMap<Shard, watch::Receiver<Place>>;

/// Of this process, as far as it has them.
#[derive(Clone, Default)]
struct Sources {
    ledger: Option<Ledger>,
    sockets: Option<SocketStats>,
    dispatcher: Option<Dispatcher>,
    pools: Vec<(&'static str, Databases)>,
    heads: ShardHeads,
    leases: Vec<LeaseStats>,
    relay: Option<RelayStats>,
    work: Option<Work>,
    parked: Option<Parked>,
    jobs: Option<GivenStats>,
}

impl Metrics {
    /// From now on.
    pub(crate) fn new() -> Self {
        let (begun, requests) = (SystemTime::now(), Requests::new());
        Self(Arc::new(Inner { begun, requests, sources: Mutex::default() }))
    }

    pub(crate) fn requests(&self) -> &Requests {
        &self.0.requests
    }

    pub(crate) fn watch_ledger(&self, ledger: &Ledger, dispatcher: &Dispatcher) {
        let mut sources = self.sources();
        sources.ledger = Some(ledger.clone());
        sources.dispatcher = Some(dispatcher.clone());
        sources.pools.push(("commands", ledger.databases().clone()));
    }

    pub(crate) fn watch_sockets(&self, sockets: &SocketStats) {
        self.sources().sockets = Some(sockets.clone());
    }

    /// The connections of what happens behind the API, and what they are asked all the time.
    pub(crate) fn watch_background(&self, databases: &Databases, heads: &Heads) {
        let mut sources = self.sources();
        sources.pools.push(("background", databases.clone()));
        let shards = databases.shard_map().shards().into_iter();
        sources.heads = shards.map(|shard| (shard, heads.of(shard))).collect();
    }

    pub(crate) fn watch_relay(&self, relay: RelayStats, leases: LeaseStats) {
        let mut sources = self.sources();
        sources.relay = Some(relay);
        sources.leases.push(leases);
    }

    pub(crate) fn watch_work(&self, databases: &Databases, work: Work, leases: LeaseStats) {
        let mut sources = self.sources();
        sources.work = Some(work);
        sources.parked = Some(Parked::of(databases.clone()));
        sources.leases.push(leases);
    }

    pub(crate) fn watch_jobs(&self, jobs: GivenStats, leases: LeaseStats) {
        let mut sources = self.sources();
        sources.jobs = Some(jobs);
        sources.leases.push(leases);
    }

    /// Everything, as of now.
    pub(crate) async fn text(&self) -> String {
        let sources = self.sources().clone();
        let mut page = Page::default();
        process::tell(&mut page, self.0.begun);
        self.0.requests.tell(&mut page);
        if let Some(stats) = &sources.sockets {
            sockets::tell(&mut page, stats);
        }
        if let Some(ledger) = &sources.ledger {
            ledger::tell(&mut page, ledger).await;
        }
        if let Some(dispatcher) = &sources.dispatcher {
            ledger::tell_commands(&mut page, dispatcher);
        }
        for (pool, databases) in &sources.pools {
            ledger::tell_pool(&mut page, pool, databases);
        }
        if let Some((_, databases)) = sources.pools.first() {
            ledger::tell_shards(&mut page, databases);
        }
        work::tell_heads(&mut page, &sources.heads);
        for leases in &sources.leases {
            relay::tell_leases(&mut page, leases);
        }
        if let Some(stats) = &sources.relay {
            relay::tell(&mut page, stats);
        }
        if let Some(work) = &sources.work {
            work.tell(&mut page, &sources.heads);
        }
        if let Some(parked) = &sources.parked {
            parked.tell(&mut page).await;
        }
        if let Some(jobs) = &sources.jobs {
            work::tell_given(&mut page, [catalogue::JOB_RUNS, catalogue::JOB_COMMANDS], jobs);
        }
        page.into_text()
    }

    fn sources(&self) -> MutexGuard<'_, Sources> {
        // Nothing under the lock can panic half way through a change.
        self.0.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
