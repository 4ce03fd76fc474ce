//! Every read model beside an independent fold of the same ledger, whatever the order and the batches it was read in.

mod attention;
mod company;
mod finance;
mod history;
mod readers;
mod replay;
mod sales;
mod strategy;
mod website;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sqlx::Executor as _;
use xentri_domain::registry::{command_kinds, event_kinds};
use xentri_ledger::Ledger;
use xentri_projections::read_models;
use xentri_schemas::command_name;
use xentri_testkit::TestDb;
use xentri_testkit::oracle::{Disagreement, Oracle};
use xentri_workers::feed::LedgerFeedSettings;
use xentri_workers::rebuild::{ProgressSender, RebuildSettings, Rebuilds, Request};
use xentri_workers::replay::Until;

use history::{History, MASTER_KEY, open};
use readers::{Working, any_size, mix, unread};
use replay::{equals_what_readers_see, half_way};

const SEED: &str = "XENTRI_TEST_SEED";

/// Says how to repeat what failed.
struct Seed(u64);

impl Seed {
    fn new() -> Self {
        let given = std::env::var(SEED).ok().map(|seed| seed.parse().expect("a number"));
        Self(given.unwrap_or_else(|| rand::random::<u64>() >> 16))
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the companies do the same again with {SEED}={}", self.0);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_read_model_is_what_an_independent_fold_makes_of_the_ledger_however_its_events_come() {
    let (seed, began) = (Seed::new(), Instant::now());
    let tell = |what: &str, so: &str| println!("{:5.1} s {what}: {so}", began.elapsed().as_secs_f64());
    let history = History::of(seed.0).await;
    tell("history", &format!("{} events, {} commands refused", history.events, history.refused));
    let oracle = Oracle::read(&history.db.admin_url(), MASTER_KEY).await.unwrap();
    everything_happened(&history).await;

    tell("as it happens", &agreed(&oracle, &history.db).await);
    tell("for files", &equals_what_readers_see(&history.db, Until::Now, &history.db).await);
    as_it_was(&history.db, &tell).await;

    let mut random = StdRng::seed_from_u64(seed.0);
    let db = unread(&history.db).await;
    let ledger = open(&db);
    Working::in_batches(&ledger, &mut random).await.finish(&ledger).await;
    tell("in any batches, some of them twice", &agreed(&oracle, &db).await);
    every_defect_is_seen(&oracle, &db).await;

    let db = unread(&history.db).await;
    mix(&db, &mut random).await;
    let ledger = open(&db);
    let page = u32::try_from(any_size(&mut random)).unwrap();
    let pages = LedgerFeedSettings { smallest: page, largest: 4 * page, ..LedgerFeedSettings::default() };
    Working::in_pages(&ledger, pages, any_size(&mut random), 2).finish(&ledger).await;
    tell("with the orgs in another order, by two workers at once", &agreed(&oracle, &db).await);

    let db = unread(&history.db).await;
    let ledger = open(&db);
    rebuilt(&ledger).await;
    tell("rebuilt from nothing, in parts", &agreed(&oracle, &db).await);
    rebuilt(&ledger).await;
    tell("rebuilt beside what was there", &agreed(&oracle, &db).await);
}

/// With so little memory that every read model is made in several parts. The second time it is compared with the first.
async fn rebuilt(ledger: &Ledger) {
    let models = read_models();
    let settings = RebuildSettings {
        memory: 2 << 20,
        settle: Duration::from_millis(10),
        compared: 500,
        ..RebuildSettings::default()
    };
    let request = Request {
        projections: models.iter().map(|model| model.name().to_owned()).collect(),
        requested_by: "a test".to_owned(),
        order: None,
        only_resume: false,
        accept: false,
        keep: false,
    };
    let rebuilds =
        Rebuilds::new(ledger.databases().clone(), ledger.keys().clone(), models).with_settings(settings);
    let rebuilt = rebuilds.run(&request, &ProgressSender::new()).await;
    rebuilt.unwrap_or_else(|error| panic!("{error}: {error:#?}"));
}

/// A ledger that ends half-way, read by workers, beside files of what was until then. Who was forgotten after that has no key any
/// more: workers know it before an event says so, which the oracle goes by, so that it is no judge of this ledger.
async fn as_it_was(history: &TestDb, tell: impl Fn(&str, &str)) {
    let (moment, then) = half_way(history).await;
    let ledger = open(&then);
    Working::in_pages(&ledger, LedgerFeedSettings::default(), 2_000, 1).finish(&ledger).await;
    ledger.close().await;
    tell("for files of half-way", &equals_what_readers_see(history, Until::Moment(moment), &then).await);
}

async fn agreed(oracle: &Oracle, db: &TestDb) -> String {
    oracle.agrees(&db.admin_url()).await.unwrap_or_else(|error| panic!("{error}")).to_string()
}

/// A history in which something never happens shows nothing of it.
async fn everything_happened(history: &History) {
    let commands: BTreeSet<String> = command_kinds().map(command_name).collect();
    let never: Vec<_> = commands.difference(&history.accepted).collect();
    assert!(never.is_empty(), "commands that were never accepted: {never:?}");
    let mut admin = history.db.connect_as_admin().await;
    let types: Vec<String> =
        sqlx::query_scalar("select distinct type from event").fetch_all(&mut admin).await.unwrap();
    let never: Vec<_> = event_kinds()
        .map(|kind| kind.type_name)
        .filter(|name| !types.iter().any(|found| found == name))
        .collect();
    assert!(never.is_empty(), "events that never happened: {never:?}");
    let (orgs, events): (i64, i64) = sqlx::query_as("select count(distinct org_id), count(*) from event")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert!(orgs >= 50 && events >= 20_000, "{events} events of {orgs} orgs");
    assert_eq!(usize::try_from(events).unwrap(), history.events, "answers and ledger");
}

/// An oracle that agrees with anything would agree with what is right too.
async fn every_defect_is_seen(oracle: &Oracle, db: &TestDb) {
    let defects = [
        ("leads", "update read.leads_v1_g1 set updated_at = updated_at + interval '1 microsecond'"),
        ("pipeline", "update read.pipeline_v1_g1 set amount = -amount where amount <> 0"),
        ("invoices", "delete from read.invoices_v1_g1 where state = 'paid'"),
        (
            "site_counts",
            "insert into read.site_counts_v1_g1 select org_id, id, 'gone', 1 from read.sites_v1_g1 limit 1",
        ),
        ("pulse_items", "update read.pulse_items_v1_g1 set arguments = '{}' where arguments <> '{}'"),
        (
            "checkpoint",
            "update projection_checkpoint set position = position - 1 where projection = 'audit' and shard = 0",
        ),
        (
            "parked",
            "insert into parked_event \
                    select org_id, 'leads', 1, 1, shard, position, epoch, id, type, '{}' from event limit 1",
        ),
    ];
    let mut admin = db.connect_as_admin().await;
    for (_, defect) in defects {
        admin.execute(defect).await.unwrap();
    }
    let Err(seen): Result<_, Disagreement> = oracle.agrees(&db.admin_url()).await else {
        panic!("the oracle sees no difference")
    };
    for (table, defect) in defects {
        assert!(seen.is_about(table), "{defect} is not seen: {seen}");
    }
}
