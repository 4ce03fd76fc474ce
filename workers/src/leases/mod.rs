//! Which shards a process works on: each is led by one of all those that share a duty, and taken over within seconds when its
//! leader is gone.
//!
//! A database's shards are shared by halves, thirds and so on. Everybody asks twice a second who else is there, gives up what
//! it has too much and takes what is free. Not here: what is done with a shard, which has to stand two leaders for a moment.

mod holder;
mod share;
mod stats;
mod stop;

use std::future::Future;
use std::sync::Arc;

use tokio::task::JoinSet;
use xentri_ledger::{Databases, Duty, Shard};

use holder::Holder;
pub use stats::LeaseStats;
pub use stop::{Stop, Stopper};

#[derive(Debug, Clone)]
pub struct Leases {
    databases: Databases,
    duty: Duty,
    stats: LeaseStats,
}

impl Leases {
    pub fn new(databases: Databases, duty: Duty) -> Self {
        Self { databases, duty, stats: LeaseStats::of(duty) }
    }

    pub fn stats(&self) -> LeaseStats {
        self.stats.clone()
    }

    /// Works on each shard for as long as this process leads it, `until` is done. What is told to stop gets a moment for it,
    /// and is dropped where it stands when the lead may be somebody else's already.
    pub async fn hold<W, F>(&self, work: W, until: impl Future<Output = ()>)
    where
        W: Fn(Shard, Stop) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = Stopper::new();
        let work = Arc::new(work);
        let mut holders = JoinSet::new();
        for database in self.databases.shard_map().databases() {
            let start = {
                let (work, stats) = (work.clone(), self.stats.clone());
                move |shard, stop| tokio::spawn(stats.while_held(work(shard, stop)))
            };
            let holder = Holder::new(self.databases.clone(), self.duty, database.shards.clone(), start);
            holders.spawn(holder.run(stopped.clone()));
        }
        until.await;
        stop.tell();
        holders.join_all().await;
    }
}
