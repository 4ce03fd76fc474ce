//! A ledger with orgs, topics of its own, and relays that can be killed.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use xentri_commands::{CommandRequest, DispatchSettings, Dispatcher, Provenance};
use xentri_domain::kernel::{Clock, Principal, Role, Slug, Timestamp};
use xentri_domain::registry::command_kinds;
use xentri_ledger::{
    Databases, Ledger, LedgerSettings, MasterKeys, PageLimit, RelayTx, Shard, ShardMap, StoredEvent,
    read_shard_in_tx,
};
use xentri_schemas::{Environment, command_name, read_command};
use xentri_testkit::{TestDb, factory, kafka_brokers, topic_prefix};
use xentri_workers::feed::Heads;
use xentri_workers::kafka::{KafkaSettings, TopicNames};
use xentri_workers::relay::{Relay, RelaySettings, RelayStats, TopicSettings, Topics, TopicsError};

pub(super) const PATIENCE: Duration = Duration::from_secs(30);
const AT_A_TIME: usize = 64;

pub(super) struct World {
    pub(super) db: TestDb,
    pub(super) ledger: Ledger,
    pub(super) dispatcher: Dispatcher,
    pub(super) kafka: KafkaSettings,
}

struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap()).unwrap()
    }
}

impl World {
    /// With all topics.
    pub(super) async fn new() -> Self {
        let world = Self::without_topics().await;
        world.apply().await.unwrap();
        world
    }

    pub(super) async fn without_topics() -> Self {
        Self::on(TestDb::new().await, KafkaSettings::open(kafka_brokers(), topic_prefix()))
    }

    pub(super) fn on(db: TestDb, kafka: KafkaSettings) -> Self {
        let ledger = open(&db);
        let settings = DispatchSettings { environment: Environment::Local, deadline: PATIENCE };
        let dispatcher = Dispatcher::new(ledger.clone(), Arc::new(Now), settings);
        Self { db, ledger, dispatcher, kafka }
    }

    pub(super) fn topics(&self) -> Topics {
        Topics::new(self.kafka.clone(), self.shards().len())
    }

    pub(super) async fn apply(&self) -> Result<(), TopicsError> {
        let settings = TopicSettings { replication: 1, min_in_sync: 1, ..TopicSettings::default() };
        self.topics().apply(&settings).await.map(|_| ())
    }

    pub(super) fn shards(&self) -> Vec<Shard> {
        self.databases().shard_map().shards()
    }

    pub(super) fn databases(&self) -> &Databases {
        self.ledger.databases()
    }

    /// The owner of a new org.
    pub(super) async fn owner(&self) -> Principal {
        let org = factory::org();
        let body = json!({ "id": org, "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR",
                           "language": "es" });
        self.give(&factory::system(org), "org.create", &body).await;
        factory::principal(org, Role::Owner)
    }

    /// So many orgs, and beside their own events so many leads in each.
    pub(super) async fn fill(&self, orgs: usize, leads: usize) {
        let owners: Vec<_> =
            stream::iter(0..orgs).map(|_| self.owner()).buffer_unordered(AT_A_TIME).collect().await;
        self.leads(&owners, leads).await;
    }

    pub(super) async fn leads(&self, owners: &[Principal], leads: usize) {
        let body = json!({ "name": "Ada Lovelace", "source": "form" });
        let given = (0..leads).flat_map(|_| owners).map(|owner| self.give(owner, "lead.capture", &body));
        stream::iter(given).buffer_unordered(AT_A_TIME).collect::<Vec<_>>().await;
    }

    async fn give(&self, principal: &Principal, name: &str, body: &Value) {
        let kind = command_kinds().find(|kind| command_name(kind) == name).expect("a command");
        let command = read_command(kind, body.to_string().as_bytes()).expect("a valid body");
        let provenance = Provenance::from_source(Slug::parse("test").unwrap());
        let request = CommandRequest { command, stream: None, idempotency: None, if_match: None, provenance };
        self.dispatcher.dispatch(principal, request).await.unwrap();
    }

    /// All events of a shard, as the ledger has them.
    pub(super) async fn events(&self, shard: Shard) -> Vec<StoredEvent> {
        let mut events: Vec<StoredEvent> = Vec::new();
        loop {
            let after = events.last().map_or(0, |event| event.position);
            let mut tx = RelayTx::begin(self.databases(), shard).await.unwrap();
            let page =
                read_shard_in_tx(&mut tx, shard, after, None, PageLimit { events: 5000, bytes: 1 << 24 });
            let page = page.await.unwrap();
            tx.commit().await.unwrap();
            events.extend(page.events);
            if !page.more {
                return events;
            }
        }
    }

    pub(super) fn relay(&self) -> Running {
        self.relay_with(RelaySettings::default())
    }

    pub(super) fn relay_with(&self, settings: RelaySettings) -> Running {
        // As a process of its own has it.
        let ledger = open(&self.db);
        let relay = Relay::new(
            ledger.databases().clone(),
            Heads::watch(ledger.databases()),
            self.kafka.clone(),
            settings,
        );
        let (stats, databases) = (relay.stats(), ledger.databases().clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            relay.run(async { drop(stopped.await) }).await.unwrap();
        });
        Running { stats, databases, topics: self.kafka.topics(), stop, task }
    }
}

fn open(db: &TestDb) -> Ledger {
    let keeper = Arc::new(MasterKeys::from_text("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap());
    let settings = LedgerSettings::default().with_patience(PATIENCE);
    Ledger::open(ShardMap::single(db.server_url()), keeper, &settings).unwrap()
}

pub(super) struct Running {
    pub(super) stats: RelayStats,
    databases: Databases,
    topics: TopicNames,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    /// Lets it finish what it does.
    pub(super) async fn stop(self) {
        drop(self.stop);
        self.task.await.unwrap();
    }

    /// At once, wherever it stands: its sessions end, and nothing more is noted.
    pub(super) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }

    pub(super) fn leads(&self) -> usize {
        self.stats.lag().len()
    }

    /// It leads so many shards, and the log has all there is of them.
    pub(super) async fn has_caught_up(&self, shards: usize) {
        until("it leads its shards", || self.leads() == shards).await;
        self.has_noted(&[self.topics.log()]).await;
    }

    /// The topics of the contexts have theirs too.
    pub(super) async fn has_sent_everything(&self) {
        self.has_noted(&self.topics.all()).await;
    }

    /// The cursors of these topics are at the end of every shard, as the ledger has it now.
    async fn has_noted(&self, topics: &[String]) {
        let behind = "select count(*) from unnest($1::text[]) as asked (name), \
             (select distinct on (shard) shard, epoch, position from event order by shard, position desc) head \
             where not exists (select from relay_cursor c where c.shard = head.shard and c.topic = asked.name \
                               and (c.epoch, c.position) >= (head.epoch, head.position))";
        let noted = async {
            loop {
                let mut tx = RelayTx::begin(&self.databases, Shard::new(0)).await.unwrap();
                let query = sqlx::query_scalar::<_, i64>(behind).bind(topics.to_vec());
                let behind = query.fetch_one(tx.connection()).await.unwrap();
                tx.commit().await.unwrap();
                if behind == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, noted).await.expect("all is sent in time");
    }
}

/// Looks often; what it waits for has no signal of its own.
pub(super) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let looking = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("waited in vain until {what}"));
}
