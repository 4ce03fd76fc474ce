//! Postgres crashes under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sqlx::Connection;
use sqlx::postgres::PgConnection;
use xentri_ledger::{
    AppendError, CommandRecord, Home, Ledger, LedgerSettings, Outcome, ReceiptRecord, Refusal, ShardMap,
};
use xentri_testkit::{PrivatePostgres, factory};

use super::checks::{assert_sound, until};
use crate::support::{Lead, created, keeper, make_org};

const CLIENTS: usize = 16;

/// Clients append without pause, each command with a key of its own, while Postgres crashes and recovers, twice. What was
/// acknowledged is flushed to disk, so it is there. A command without answer is sent again with its key, which the ledger
/// takes once; so each command ends up acknowledged, and their events are exactly those in the ledger.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_of_postgres_loses_nothing_and_doubles_nothing() {
    let postgres = Arc::new(PrivatePostgres::start().await);
    let map = ShardMap::single(postgres.server_url());
    let ledger = Ledger::open(map, keeper(), &LedgerSettings::default()).unwrap();
    let home = make_org(&ledger, factory::org()).await;
    let load = Arc::new(Load { ledger, home, done: AtomicUsize::new(0), stop: AtomicBool::new(false) });
    let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(load.clone().client())).collect();

    for _ in 0..2 {
        load.gets_on().await;
        let crashing = postgres.clone();
        tokio::task::spawn_blocking(move || {
            crashing.crash();
            crashing.start_again();
        })
        .await
        .unwrap();
    }
    load.gets_on().await;
    load.stop.store(true, Ordering::SeqCst);
    let mut expected = Vec::new();
    for client in clients {
        expected.extend(client.await.unwrap());
    }
    let mut admin = PgConnection::connect(&postgres.admin_url()).await.unwrap();
    assert_sound(&mut admin).await;
    let events = "select stream_id::text from event where stream_type = 'lead'";
    let mut found: Vec<String> = sqlx::query_scalar(events).fetch_all(&mut admin).await.unwrap();
    expected.sort_unstable();
    found.sort_unstable();
    assert!(found == expected, "{} commands, {} events", expected.len(), found.len());
    let receipts: i64 =
        sqlx::query_scalar("select count(*) from receipt").fetch_one(&mut admin).await.unwrap();
    assert_eq!(usize::try_from(receipts).unwrap(), expected.len());
}

struct Load {
    ledger: Ledger,
    home: Home,
    done: AtomicUsize,
    stop: AtomicBool,
}

impl Load {
    async fn gets_on(&self) {
        let before = self.done.load(Ordering::SeqCst);
        until("commands are appended", async || self.done.load(Ordering::SeqCst) > before + 200).await;
    }

    /// The leads that it has made.
    async fn client(self: Arc<Self>) -> Vec<String> {
        let mut made = Vec::new();
        while !self.stop.load(Ordering::SeqCst) {
            let lead = Lead::new(self.home);
            let key = format!("make-{}", lead.id);
            let receipt = ReceiptRecord::new(key.parse().unwrap(), [1; 32], "{}".to_owned()).unwrap();
            let events = vec![created(&lead)];
            let record = CommandRecord { events, receipt: Some(receipt), ..CommandRecord::default() };
            let mut unknown = false;
            loop {
                let chain = lead.chain_of(0, record.clone());
                match self.ledger.appenders().append(chain).await {
                    Ok(Outcome::Appended(_)) => break,
                    Ok(Outcome::Refused(Refusal::KeyUsed)) if unknown => break,
                    Err(AppendError::Unknown(_)) => unknown = true,
                    Err(AppendError::Unavailable(_)) => {}
                    other => panic!("{other:?}"),
                }
            }
            self.done.fetch_add(1, Ordering::SeqCst);
            made.push(lead.id.to_string());
        }
        made
    }
}
