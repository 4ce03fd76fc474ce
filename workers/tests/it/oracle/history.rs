//! A ledger of a few months of fifty companies.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use xentri_commands::{DispatchSettings, Dispatcher};
use xentri_ledger::{DatabaseShards, Ledger, LedgerSettings, MasterKeys, Shard, ShardMap};
use xentri_schemas::Environment;
use xentri_testkit::{TestClock, TestDb};
use xentri_workers::feed::LedgerFeedSettings;

use super::company::Company;
use super::readers::Working;

pub(super) const MASTER_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
pub(super) const SHARDS: [Shard; 2] = [Shard::new(0), Shard::new(1)];
const COMPANIES: u64 = 50;
const EVENTS: usize = 20_000;
/// Tests run side by side.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) struct History {
    /// Nobody is connected to it.
    pub(super) db: TestDb,
    pub(super) events: usize,
    pub(super) refused: usize,
    /// Which commands were accepted.
    pub(super) accepted: BTreeSet<String>,
}

pub(super) fn open(db: &TestDb) -> Ledger {
    let keeper = Arc::new(MasterKeys::from_text(MASTER_KEY).unwrap());
    let database = DatabaseShards { url: db.server_url(), shards: SHARDS.to_vec() };
    let settings = LedgerSettings::default().with_patience(PATIENCE);
    Ledger::open(ShardMap::new(vec![database]).unwrap(), keeper, &settings).unwrap()
}

impl History {
    /// Read models follow it all the time, so that they see people before they are forgotten.
    ///
    /// All companies work at the same time, each as its own seed says; a day or two pass between one round and the next.
    pub(super) async fn of(seed: u64) -> Self {
        let (db, clock) = (TestDb::new().await, Arc::new(TestClock::new()));
        let ledger = open(&db);
        let settings = DispatchSettings { environment: Environment::Local, deadline: PATIENCE };
        let dispatcher = Dispatcher::new(ledger.clone(), clock.clone(), settings);
        let read = open(&db);
        let reading = Working::in_pages(&read, LedgerFeedSettings::default(), 2_000, 1);
        let begin =
            |n| Company::begin(dispatcher.clone(), clock.clone(), seed.wrapping_mul(1_000).wrapping_add(n));
        let mut companies = (0..COMPANIES).map(begin).collect::<JoinSet<_>>().join_all().await;
        while companies.iter().map(|company| company.events).sum::<usize>() < EVENTS {
            clock.advance(Duration::from_hours(31));
            companies = companies.into_iter().map(a_day).collect::<JoinSet<_>>().join_all().await;
        }
        reading.finish(&read).await;
        drop(dispatcher);
        read.close().await;
        ledger.close().await;
        let events = companies.iter().map(|company| company.events).sum();
        let refused = companies.iter().map(|company| company.refused).sum();
        let accepted = companies.into_iter().flat_map(|company| company.accepted).collect();
        Self { db, events, refused, accepted }
    }
}

async fn a_day(mut company: Company) -> Company {
    for _ in 0..8 {
        company.go_on().await;
    }
    company
}
