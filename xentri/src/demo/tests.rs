//! The demo in a database of its own.

use std::sync::Arc;

use sqlx::Row as _;
use uuid::Uuid;
use xentri_ledger::{Ledger, LedgerSettings, MasterKeys, ShardMap};
use xentri_schemas::Environment;
use xentri_testkit::TestDb;

use super::{ORGS, has_orgs, load};

/// Of each event what is the same every time: who, what, on what and when.
async fn told(db: &TestDb) -> Vec<(Uuid, i64, String, Uuid, String)> {
    let query = "select org_id, org_seq, type, stream_id, body::jsonb->>'occurred_at' from event order by org_id, org_seq";
    let rows = sqlx::query(query).fetch_all(&mut db.connect_as_admin().await).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4))).collect()
}

fn open(db: &TestDb) -> Ledger {
    let keys = Arc::new(MasterKeys::from_text("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap());
    Ledger::open(ShardMap::single(db.server_url()), keys, &LedgerSettings::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_a_year_of_some_two_thousand_events_and_the_same_every_time() {
    let (first, second) = (TestDb::new().await, TestDb::new().await);
    let ledger = open(&first);
    assert!(!has_orgs(&ledger).await.unwrap());
    load(&ledger, Environment::Local).await.unwrap();
    assert!(has_orgs(&ledger).await.unwrap());
    let events = told(&first).await;
    assert!((1800..2400).contains(&events.len()), "{}", events.len());
    for org in &ORGS {
        let of_org: Vec<_> = events.iter().filter(|(id, ..)| *id == org.id().uuid()).collect();
        assert!(of_org.len() > 300, "{}: {}", org.name, of_org.len());
        let (begin, end) = (&of_org[0].4, &of_org.iter().max_by_key(|event| &event.4).unwrap().4);
        assert!(begin.starts_with("2025-10-01") && end.as_str() > "2026-09", "{begin} {end}");
    }
    // Told again, every command is found done.
    load(&ledger, Environment::Local).await.unwrap();
    assert_eq!(told(&first).await.len(), events.len());
    ledger.close().await;

    let ledger = open(&second);
    load(&ledger, Environment::Local).await.unwrap();
    ledger.close().await;
    assert_eq!(told(&second).await, events);
}
