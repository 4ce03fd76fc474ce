//! A ledger of one shard, people who work in it, and workers that follow it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use tokio::task::JoinHandle;
use uuid::Uuid;
use xentri_commands::{CommandRequest, DispatchSettings, Dispatcher, Provenance};
use xentri_domain::kernel::{Clock, OrgId, Principal, Role, Slug, StreamId, Timestamp};
use xentri_domain::registry::command_kinds;
use xentri_ledger::{
    DatabaseShards, Ledger, LedgerSettings, MasterKeys, PageLimit, Shard, ShardMap, StoredEvent, WorkerTx,
    read_shard_in_tx,
};
use xentri_projections::kit::{ReadModel, Row};
use xentri_schemas::{Environment, command_name, read_command};
use xentri_testkit::{TestDb, factory};
use xentri_workers::feed::{Batch, Feed, FeedError, Place, TopicPlace};
use xentri_workers::parked::Parked;
use xentri_workers::runtime::{
    GroupCommit, MemberId, ModelState, ModelStatus, OpenFeed, RuntimeSettings, RuntimeStatus, ShardWorker,
};

pub(crate) const SHARD: Shard = Shard::new(0);
/// Tests run side by side: it is there to end one that waits for what never comes.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct World {
    /// None where a test brings a server of its own.
    _db: Option<TestDb>,
    admin_url: String,
    pub(crate) ledger: Ledger,
    pub(crate) dispatcher: Dispatcher,
}

struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap()).unwrap()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::at(Arc::new(Now)).await
    }

    /// With all shards.
    pub(crate) async fn whole() -> Self {
        let db = TestDb::new().await;
        let settings = LedgerSettings::default().with_patience(PATIENCE);
        let map = ShardMap::single(db.server_url());
        let world = Self::on_map(map, &db.admin_url(), Arc::new(Now), &settings);
        Self { _db: Some(db), ..world }
    }

    /// With two databases, of a shard each; and the second of them.
    pub(crate) async fn of_two() -> (Self, TestDb) {
        let (one, two) = (TestDb::new().await, TestDb::new().await);
        let database =
            |db: &TestDb, number| DatabaseShards { url: db.server_url(), shards: vec![Shard::new(number)] };
        let map = ShardMap::new(vec![database(&one, 0), database(&two, 1)]).unwrap();
        let settings = LedgerSettings::default().with_patience(PATIENCE);
        let world = Self::on_map(map, &one.admin_url(), Arc::new(Now), &settings);
        (Self { _db: Some(one), ..world }, two)
    }

    /// Where it is as late as the clock says.
    pub(crate) async fn at(clock: Arc<dyn Clock>) -> Self {
        let db = TestDb::new().await;
        let world = Self::with(&db.server_url(), &db.admin_url(), clock);
        Self { _db: Some(db), ..world }
    }

    pub(crate) fn on(server_url: &str, admin_url: &str) -> Self {
        Self::with(server_url, admin_url, Arc::new(Now))
    }

    pub(crate) fn with(server_url: &str, admin_url: &str, clock: Arc<dyn Clock>) -> Self {
        let settings = LedgerSettings::default().with_patience(PATIENCE);
        Self::of_ledger(server_url, admin_url, clock, &settings)
    }

    /// With a ledger that gives an append up soon.
    pub(crate) fn impatient(server_url: &str, admin_url: &str) -> Self {
        let mut settings = LedgerSettings::default().with_patience(PATIENCE);
        settings.append.patience = Duration::from_millis(100);
        Self::of_ledger(server_url, admin_url, Arc::new(Now), &settings)
    }

    fn of_ledger(
        server_url: &str,
        admin_url: &str,
        clock: Arc<dyn Clock>,
        settings: &LedgerSettings,
    ) -> Self {
        let database = DatabaseShards { url: server_url.to_owned(), shards: vec![SHARD] };
        Self::on_map(ShardMap::new(vec![database]).unwrap(), admin_url, clock, settings)
    }

    fn on_map(map: ShardMap, admin_url: &str, clock: Arc<dyn Clock>, settings: &LedgerSettings) -> Self {
        let keeper = Arc::new(MasterKeys::from_text("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap());
        let ledger = Ledger::open(map, keeper, settings).unwrap();
        let settings = DispatchSettings { environment: Environment::Local, deadline: PATIENCE };
        let dispatcher = Dispatcher::new(ledger.clone(), clock, settings);
        Self { _db: None, admin_url: admin_url.to_owned(), ledger, dispatcher }
    }

    pub(crate) async fn admin(&self) -> PgConnection {
        PgConnection::connect(&self.admin_url).await.unwrap()
    }

    pub(crate) async fn execute(&self, statements: &str) {
        self.admin().await.execute(AssertSqlSafe(statements.to_owned())).await.unwrap();
    }

    /// The owner of a new org.
    pub(crate) async fn owner(&self) -> Principal {
        let org = factory::org();
        let body =
            json!({ "id": org, "name": "Bakery", "time_zone": "UTC", "currency": "EUR", "language": "es" });
        self.give(&factory::system(org), None, "org.create", &body).await;
        factory::principal(org, Role::Owner)
    }

    pub(crate) async fn give(
        &self,
        principal: &Principal,
        stream: Option<StreamId>,
        name: &str,
        body: &Value,
    ) -> StreamId {
        let kind = command_kinds().find(|kind| command_name(kind) == name).expect("a command");
        let command = read_command(kind, body.to_string().as_bytes()).expect("a valid body");
        let provenance = Provenance::from_source(Slug::parse("test").unwrap());
        let request = CommandRequest { command, stream, idempotency: None, if_match: None, provenance };
        self.dispatcher.dispatch(principal, request).await.unwrap().id
    }

    pub(crate) async fn lead(&self, principal: &Principal) -> StreamId {
        let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com", "source": "form",
                           "value": { "amount": 1000, "currency": "EUR" } });
        self.give(principal, None, "lead.capture", &body).await
    }

    /// The first so many steps of a lead's life.
    pub(crate) async fn go_on(&self, principal: &Principal, lead: StreamId, steps: usize) {
        self.steps(principal, lead, 0..steps).await;
    }

    /// It ends as a won one. The first may be taken again and again.
    pub(crate) async fn steps(&self, principal: &Principal, lead: StreamId, steps: Range<usize>) {
        let life = [
            ("lead.log-contact", json!({ "channel": "email" })),
            ("lead.qualify", json!({ "score": 80, "reason": "wants bread" })),
            (
                "lead.send-proposal",
                json!({ "amount": { "amount": 900, "currency": "EUR" }, "valid_until": "2999-12-31" }),
            ),
            ("lead.win", json!({ "amount": { "amount": 950, "currency": "EUR" } })),
        ];
        for (name, body) in &life[steps] {
            self.give(principal, Some(lead), name, body).await;
        }
    }

    /// All events of the shard after a position.
    pub(crate) async fn events(&self, after: u64) -> Vec<StoredEvent> {
        read_all(&self.ledger, SHARD, after).await.unwrap()
    }

    /// Those of all shards, one shard after the other.
    pub(crate) async fn events_of_all(&self) -> Vec<StoredEvent> {
        let mut all = Vec::new();
        for shard in self.ledger.databases().shard_map().shards() {
            all.extend(read_all(&self.ledger, shard, 0).await.unwrap());
        }
        all
    }

    /// The last event of each shard that has any.
    pub(super) async fn ends(&self) -> BTreeMap<Shard, StoredEvent> {
        self.events_of_all().await.into_iter().map(|event| (event.shard, event)).collect()
    }

    pub(crate) async fn head(&self) -> Place {
        place(self.events(0).await.last().unwrap())
    }

    pub(crate) fn parked(&self, models: &[Arc<dyn ReadModel>]) -> Parked {
        Parked::new(self.ledger.databases().clone(), self.ledger.keys().clone(), models.to_vec())
    }

    /// All rows of a generation, by their keys.
    pub(crate) async fn rows<R: Row>(&self, version: i32, generation: i32) -> BTreeMap<(OrgId, Uuid), R> {
        let columns: Vec<_> =
            R::COLUMNS.iter().map(|column| format!("{0}{1} as {0}", column.name, column.out)).collect();
        let query = format!("select {} from read.{}_v{version}_g{generation}", columns.join(", "), R::TABLE);
        let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(&mut self.admin().await).await.unwrap();
        let keyed = |row| {
            let row = R::read(row).unwrap();
            ((row.org_id(), row.id()), row)
        };
        rows.iter().map(keyed).collect()
    }

    /// A worker on the ledger itself.
    pub(crate) fn work(&self, models: &[Arc<dyn ReadModel>]) -> Working {
        self.work_on(models, LedgerFeeds(self.ledger.clone()), RuntimeSettings::default())
    }

    pub(crate) fn work_on<O: OpenFeed>(
        &self,
        models: &[Arc<dyn ReadModel>],
        feeds: O,
        settings: RuntimeSettings,
    ) -> Working {
        self.start(models, feeds, RuntimeSettings { refresh: Duration::from_millis(100), ..settings })
    }

    /// A worker that looks at checkpoints only when it begins, and when it finds one elsewhere.
    pub(crate) fn work_blindly<O: OpenFeed>(&self, models: &[Arc<dyn ReadModel>], feeds: O) -> Working {
        self.start(
            models,
            feeds,
            RuntimeSettings { refresh: Duration::from_hours(1), ..RuntimeSettings::default() },
        )
    }

    fn start<O: OpenFeed>(
        &self,
        models: &[Arc<dyn ReadModel>],
        feeds: O,
        settings: RuntimeSettings,
    ) -> Working {
        let status = RuntimeStatus::new();
        let (databases, keys) = (self.ledger.databases().clone(), self.ledger.keys().clone());
        let group_commit = GroupCommit::start(&databases, &keys);
        let worker = ShardWorker::new(databases, keys, SHARD, models.to_vec(), Arc::new(feeds))
            .with_group_commit(group_commit)
            .with_settings(settings)
            .with_status(status.clone());
        Working { status, task: tokio::spawn(worker.run(std::future::pending())) }
    }
}

/// Ends with the value.
pub(crate) struct Working {
    pub(crate) status: RuntimeStatus,
    task: JoinHandle<()>,
}

impl Drop for Working {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn first(projection: &str) -> MemberId {
    MemberId { projection: projection.to_owned(), version: 1, generation: 1 }
}

impl Working {
    /// Waits until it is so, and fails with what it is instead.
    pub(crate) async fn until(&self, id: &MemberId, is: impl Fn(&ModelStatus) -> bool) -> ModelStatus {
        let mut statuses = self.status.subscribe();
        let key = (SHARD, id.clone());
        let so = statuses.wait_for(|models| models.get(&key).is_some_and(&is));
        let in_time = tokio::time::timeout(PATIENCE, so).await.is_ok();
        assert!(in_time, "{id} does not become so: {:#?}", self.status.all());
        self.status.of(SHARD, id).unwrap()
    }

    pub(crate) async fn until_at(&self, projection: &str, place: Place) -> ModelStatus {
        let there = |model: &ModelStatus| model.place == place && model.state == ModelState::Running;
        self.until(&first(projection), there).await
    }
}

pub(crate) fn place(event: &StoredEvent) -> Place {
    Place { epoch: event.epoch, position: event.position }
}

async fn read_all(ledger: &Ledger, shard: Shard, after: u64) -> Result<Vec<StoredEvent>, FeedError> {
    let mut all: Vec<StoredEvent> = Vec::new();
    loop {
        let mut tx = WorkerTx::begin(ledger.databases(), shard, &[]).await?;
        let from = all.last().map_or(after, |event| event.position);
        let page = read_shard_in_tx(&mut tx, shard, from, None, PageLimit::default()).await?;
        tx.commit().await?;
        all.extend(page.events);
        if !page.more {
            return Ok(all);
        }
    }
}

/// Feeds from the ledger, page by page, looking again every few milliseconds.
pub(crate) struct LedgerFeeds(pub(crate) Ledger);

pub(crate) struct LedgerFeed {
    ledger: Ledger,
    at: Place,
}

impl OpenFeed for LedgerFeeds {
    type Feed = LedgerFeed;

    async fn open(&self, _: Shard, after: Place, _: Option<TopicPlace>) -> Result<LedgerFeed, FeedError> {
        Ok(LedgerFeed { ledger: self.0.clone(), at: after })
    }
}

impl Feed for LedgerFeed {
    async fn next(&mut self) -> Result<Batch, FeedError> {
        loop {
            let mut tx = WorkerTx::begin(self.ledger.databases(), SHARD, &[]).await?;
            let page = read_shard_in_tx(&mut tx, SHARD, self.at.position, None, PageLimit::default()).await?;
            tx.commit().await?;
            if let Some(last) = page.events.last() {
                let batch = Batch { after: self.at, last: place(last), events: page.events, topic: None };
                self.at = batch.last;
                return Ok(batch);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
