//! A person's data is looked for where it must not be: in every table, and in everything that is logged.

use std::io;
use std::sync::{Arc, Mutex};

use sqlx::AssertSqlSafe;
use tracing_subscriber::fmt::MakeWriter;
use xentri_domain::lead::Lead as LeadState;
use xentri_ledger::{LedgerSettings, Outcome, ReceiptRecord, SnapshotSettings};

use crate::support::{Lead, World, chain, invoice, note, person};

const CANARY: &str = "canary-5f1c@example.com";

/// One thread, so that all of its work is logged here.
#[tokio::test]
async fn a_persons_data_is_in_no_table_and_in_no_log() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let logging = tracing::subscriber::set_default(subscriber);
    let snapshots = SnapshotSettings { every: 1, ..SnapshotSettings::default() };
    let world = World::with(&LedgerSettings { snapshots, ..LedgerSettings::default() }).await;
    let home = world.org().await;
    let lead = Lead::new(home);
    live_through(&world, &lead).await;
    let forgotten = Lead::new(home);
    live_through(&world, &forgotten).await;
    for lead in [&lead, &forgotten] {
        load(&world, lead).await;
    }
    let streams = world.streams_about(home, forgotten.id.into()).await;
    assert!(matches!(world.forget(home, forgotten.id.into(), &streams).await, Outcome::Appended(_)));
    let history = world.another().history(home).await;
    tracing::info!(?history, "what is read");
    world.ledger.close().await;
    drop(logging);

    let mut admin = world.db.connect_as_admin().await;
    let snapshots: i64 =
        sqlx::query_scalar("select count(*) from snapshot").fetch_one(&mut admin).await.unwrap();
    assert_eq!(snapshots, 2);
    let tables = dump(&world).await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let hex = data_encoding::HEXLOWER.encode(CANARY.as_bytes());
    for (place, text) in [("the tables", &tables), ("the log", &log)] {
        // They were looked through at all.
        assert!(text.contains(&lead.id.to_string()), "{place}");
        assert!(!text.contains(CANARY) && !text.contains(&hex), "{place}");
    }
    assert!(history.iter().any(|event| event.write_body().unwrap().contains(CANARY)));
}

/// Leaves a snapshot.
async fn load(world: &World, lead: &Lead) {
    let kept = world.ledger.states().load::<LeadState>(lead.home, lead.id.into()).await.unwrap();
    world.ledger.snapshots().settle().await;
    tracing::info!(?kept, states = ?world.ledger.states(), "what is kept");
}

async fn live_through(world: &World, lead: &Lead) {
    let home = lead.home;
    let mut sealer = world.ledger.keys().sealer(home);
    let events = [person(lead, CANARY, CANARY)];
    let mut record = sealer.seal(&events).await.unwrap();
    let mac = sealer.org_key().await.unwrap().receipt_mac(CANARY.as_bytes());
    let key = format!("order-{}", lead.id).parse().unwrap();
    record.receipt = Some(ReceiptRecord::new(key, mac, "{}".to_owned()).unwrap());
    tracing::info!(?record, ?events, "what is appended");
    let outcome = world.append(chain(home, vec![(&events, record)])).await;
    sealer.settle(&Ok(outcome.clone())).await;
    assert!(matches!(outcome, Outcome::Appended(_)), "{outcome:?}");
    world.recorded(home, &[note(lead, 2, CANARY)]).await;
    world.recorded(home, &[invoice(home, lead.id.into(), CANARY)]).await;
    let stale = world.record(&mut sealer, home, &[note(lead, 2, CANARY)]).await;
    assert!(matches!(stale, Outcome::Refused(_)), "{stale:?}");
}

/// Every row of every table as text, read by a superuser.
async fn dump(world: &World) -> String {
    let mut admin = world.db.connect_as_admin().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', schemaname, tablename) from pg_tables \
          where schemaname not in ('pg_catalog', 'information_schema')",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    assert!(tables.iter().any(|table| table == "public.receipt"), "{tables:?}");
    let mut rows = Vec::new();
    for table in tables {
        let query = AssertSqlSafe(format!("select t::text from {table} t"));
        rows.extend(sqlx::query_scalar::<_, String>(query).fetch_all(&mut admin).await.unwrap());
    }
    rows.join("\n")
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
