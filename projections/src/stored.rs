//! The same rows in a real Postgres: kept batch by batch, and read as readers do.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;
use xentri_domain::kernel::{Currency, Language, OrgId, TimeZone};
use xentri_domain::org::InvoicePrefix;
use xentri_ledger::{Home, Ledger, LedgerSettings, MasterKeys, OrgSettings, ShardMap, TenantTx, WorkerTx};
use xentri_testkit::{TestDb, factory};

use crate::given::Given;
use crate::kit::{LedgerEvent, Model, Projection, ReadModel as _, Row as _, Select, Sum};

const MASTER_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
/// The generation that readers see in a fresh database.
const FIRST: i32 = 1;

pub(crate) struct Stored {
    // Before the database: its connections are closed first.
    ledger: Ledger,
    db: TestDb,
}

impl Stored {
    pub(crate) async fn new() -> Self {
        let db = TestDb::new().await;
        let keeper = Arc::new(MasterKeys::from_text(MASTER_KEY).unwrap());
        let map = ShardMap::single(db.server_url());
        Self { ledger: Ledger::open(map, keeper, &LedgerSettings::default()).unwrap(), db }
    }

    /// An org that nobody else has, as the directory has it.
    pub(crate) async fn org(&self) -> Home {
        let settings = OrgSettings {
            time_zone: TimeZone::parse("Europe/Madrid").unwrap(),
            currency: Currency::parse("EUR").unwrap(),
            language: Language::Es,
            invoice_prefix: InvoicePrefix::default(),
        };
        self.ledger.directory().reserve(factory::org(), None, &settings).await.unwrap().home
    }

    /// Folds the events into the rows that readers see, so many in a batch.
    pub(crate) async fn keep<P: Projection>(&self, home: Home, events: &[LedgerEvent], batch: usize) {
        for batch in events.chunks(batch) {
            let batch: Vec<_> = batch.iter().collect();
            let mut tx = WorkerTx::begin(self.ledger.databases(), home.shard(), &[home.org()]).await.unwrap();
            Model::<P>::new().apply_in_tx(&mut tx, FIRST, &batch).await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    /// An org with what happened in it.
    pub(crate) async fn tell<P: Projection>(&self, tell: impl FnOnce(&mut Given<P>)) -> (Home, Given<P>) {
        let home = self.org().await;
        let mut given = Given::of(home.org());
        tell(&mut given);
        self.keep::<P>(home, &given.events, 5).await;
        (home, given)
    }

    pub(crate) async fn read(&self, home: Home) -> TenantTx {
        TenantTx::read(self.ledger.databases(), home).await.unwrap()
    }

    /// As a worker that keeps the rows of these orgs.
    pub(crate) async fn work(&self, home: Home, orgs: &[OrgId]) -> WorkerTx {
        WorkerTx::begin(self.ledger.databases(), home.shard(), orgs).await.unwrap()
    }

    /// How many rows of a view there are for an org's reader who forgets to name the org: row-level security alone.
    pub(crate) async fn visible(&self, home: Home, view: &str) -> i64 {
        let count = AssertSqlSafe(format!("select count(*) from read.{view}"));
        sqlx::query_scalar(count).fetch_one(self.read(home).await.connection()).await.unwrap()
    }

    /// For what users chose, which is no row of a read model.
    pub(crate) async fn write(&self, home: Home) -> TenantTx {
        TenantTx::write(self.ledger.databases(), home).await.unwrap()
    }

    /// As a superuser, and then the statistics of what there is.
    pub(crate) async fn fill(&self, statement: &str) {
        let mut admin = self.db.connect_as_admin().await;
        admin.execute(AssertSqlSafe(format!("{statement}; analyze"))).await.unwrap();
    }

    /// How Postgres goes about a statement of a reader, whether it plans for these values or for any.
    pub(crate) async fn plans(&self, home: Home, sql: &str, values: &str) -> Vec<String> {
        let mut plans = Vec::new();
        for mode in ["force_custom_plan", "force_generic_plan"] {
            let mut tx = self.read(home).await;
            let prepare = format!("set local plan_cache_mode = {mode}; prepare wanted as {sql}");
            tx.connection().execute(AssertSqlSafe(prepare)).await.unwrap();
            let explain = format!("explain (costs off) execute wanted({values})");
            let lines: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(tx.connection()).await.unwrap();
            tx.connection().execute("deallocate wanted").await.unwrap();
            plans.push(format!("{mode}: {sql}\n{}", lines.join("\n")));
        }
        plans
    }

    /// Asserts that a page is a range of an index that has these columns as its bounds, read in the order that is wanted.
    pub(crate) async fn assert_range(&self, home: Home, sql: &str, values: &str, bounds: &[&str]) {
        for plan in self.plans(home, sql, values).await {
            let range = plan.lines().find(|line| line.contains("Index Cond")).expect(&plan);
            assert!(bounds.iter().all(|bound| range.contains(bound)), "{bounds:?} bound no range\n{plan}");
            assert!(!plan.contains("Sort") && !plan.contains("Seq Scan"), "{plan}");
        }
    }
}

/// A step of a random history: on which of a few streams, which of its events, and a number that varies it.
pub(crate) type Step = (u64, usize, i64);

/// Asserts of random histories, in random batches, that the rows which are kept are those of the fold, and that the sums which
/// are kept are those of all rows.
pub(crate) fn sums_hold<P: Projection>(happen: impl Fn(&mut Given<P>, Step)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let stored = runtime.block_on(Stored::new());
    let step = (1..6_u64, 0..100_usize, 0..1000_i64);
    let cases = (proptest::collection::vec(step, 1..60), 1..20_usize);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) };
    let outcome = TestRunner::new(config).run(&cases, |(steps, batch)| {
        runtime.block_on(async {
            let home = stored.org().await;
            let mut given = Given::<P>::of(home.org());
            for step in steps {
                happen(&mut given, step);
            }
            stored.keep::<P>(home, &given.events, batch).await;
            let mut tx = stored.read(home).await;
            let rows: Vec<P::Row> = Select::of(&tx, P::VERSION).all_in_tx(&mut tx).await.unwrap();
            let rows: BTreeMap<_, _> = rows.into_iter().map(|row| (row.id(), row)).collect();
            prop_assert_eq!(&rows, &given.rows);
            let kept: Vec<P::Sum> = Select::of(&tx, P::VERSION).all_in_tx(&mut tx).await.unwrap();
            let kept: BTreeMap<_, _> = kept.into_iter().map(|sum| (sum.id(), sum)).collect();
            prop_assert_eq!(kept, added_up::<P>(rows.values()));
            Ok(())
        })
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

fn added_up<'a, P: Projection>(rows: impl Iterator<Item = &'a P::Row>) -> BTreeMap<Uuid, P::Sum> {
    let mut sums: BTreeMap<Uuid, P::Sum> = BTreeMap::new();
    for sum in rows.flat_map(P::sums) {
        match sums.get_mut(&sum.id()) {
            Some(all) => all.add(&sum, 1),
            None => drop(sums.insert(sum.id(), sum)),
        }
    }
    sums
}
