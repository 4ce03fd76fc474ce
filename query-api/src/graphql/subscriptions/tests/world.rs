//! A process that takes commands and folds them, and what its sockets share, without a socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, ready};
use futures_util::stream::BoxStream;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use xentri_commands::{Answer, CommandRequest, DispatchSettings, Dispatcher, Provenance};
use xentri_domain::kernel::{Clock, OrgId, Principal, Role, Slug, StreamId, Timestamp, ValidUntil};
use xentri_domain::registry::command_kinds;
use xentri_ledger::{Ledger, LedgerSettings, MasterKeys, ShardMap};
use xentri_projections::read_models;
use xentri_schemas::{Environment, Problem, command_name, read_command};
use xentri_testkit::{TestClock, TestDb, factory};
use xentri_workers::feed::{Feeds, Heads};
use xentri_workers::runtime::ShardWorker;

use super::super::admit::{Admits, Admitted};
use super::super::budget::Limits;
use super::super::hub::Hub;
use super::super::operation::{Beginning, News, news};
use crate::OrgHeads;
use crate::graphql::{GraphqlSettings, Reads, SubscriptionSettings};

const PATIENT: Duration = Duration::from_secs(20);

/// Panics the next time that it is asked, where a test wants it.
#[derive(Debug, Default)]
pub(super) struct Startling {
    clock: TestClock,
    startled: AtomicBool,
}

impl Startling {
    pub(super) fn startle(&self) {
        self.startled.store(true, Ordering::SeqCst);
    }
}

impl Clock for Startling {
    fn now(&self) -> Timestamp {
        assert!(!self.startled.swap(false, Ordering::SeqCst), "a panic as the test wants it");
        self.clock.now()
    }
}

pub(super) struct World {
    // Ends before the database does.
    _workers: JoinSet<()>,
    _stop: watch::Sender<bool>,
    pub(super) hub: Arc<Hub>,
    pub(super) clock: Arc<Startling>,
    dispatcher: Dispatcher,
    pub(super) db: TestDb,
}

impl World {
    /// `timeout`: how long a read may take.
    pub(super) async fn with(limits: Limits, timeout: Duration) -> Self {
        let db = TestDb::new().await;
        let keeper = Arc::new(MasterKeys::from_text("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap());
        let patient = LedgerSettings::default().with_patience(PATIENT);
        let ledger = Ledger::open(ShardMap::single(db.server_url()), keeper, &patient).unwrap();
        let dispatch = DispatchSettings { environment: Environment::Local, deadline: PATIENT };
        let dispatcher = Dispatcher::new(ledger.clone(), Arc::new(TestClock::new()), dispatch);
        let databases = ledger.databases();
        let feeds = Arc::new(Feeds::new(databases.clone(), Heads::watch(databases), None));
        let mut workers = JoinSet::new();
        for shard in databases.shard_map().shards() {
            let keys = ledger.keys().clone();
            let worker = ShardWorker::new(databases.clone(), keys, shard, read_models(), feeds.clone());
            workers.spawn(worker.run(std::future::pending()));
        }
        let clock = Arc::<Startling>::default();
        let settings = GraphqlSettings { timeout, patience: PATIENT, ..GraphqlSettings::default() };
        let heads = OrgHeads::new(databases);
        let reads = Reads::new(ledger.clone(), clock.clone(), settings);
        let (stop, stopped) = watch::channel(false);
        let hub = Arc::new(Hub::new(reads, heads, SubscriptionSettings::default(), stopped, limits));
        Self { _workers: workers, _stop: stop, hub, clock, dispatcher, db }
    }

    pub(super) async fn patient() -> Self {
        Self::with(Limits::default(), PATIENT).await
    }

    /// The owner of a new org.
    pub(super) async fn owner(&self) -> Principal {
        let org = factory::org();
        let bakery = json!({ "id": org, "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR",
            "language": "en", "invoice_prefix": "INV" });
        self.give(&factory::system(org), None, "org.create", &bakery).await;
        factory::principal(org, Role::Owner)
    }

    /// Once the org's subscribers are told of that event. As long as the value is kept, they are told of what follows.
    pub(super) async fn told(&self, owner: &Principal, org_seq: u64) -> watch::Receiver<Option<u64>> {
        let org = self.hub.ledger().directory().find(owner.org()).await.unwrap().unwrap();
        let (_, mut upto) = self.hub.tail(org.home);
        let told = upto.wait_for(|upto| upto.is_some_and(|upto| upto >= org_seq));
        drop(timeout(PATIENT, told).await.expect("it hangs").unwrap());
        upto
    }

    pub(super) async fn lead(&self, owner: &Principal) -> Answer {
        self.give(owner, None, "lead.capture", &json!({ "name": "Ada", "source": "form" })).await
    }

    pub(super) async fn touch(&self, owner: &Principal, lead: StreamId) -> Answer {
        let contact = json!({ "channel": "phone", "note": "called" });
        self.give(owner, Some(lead), "lead.log-contact", &contact).await
    }

    pub(super) async fn give(
        &self,
        principal: &Principal,
        stream: Option<StreamId>,
        name: &str,
        body: &Value,
    ) -> Answer {
        let kind = command_kinds().find(|kind| command_name(kind) == name).expect("a command");
        let command = read_command(kind, body.to_string().as_bytes()).unwrap();
        let provenance = Provenance::from_source(Slug::parse("test").unwrap());
        let request = CommandRequest { command, stream, idempotency: None, if_match: None, provenance };
        self.dispatcher.dispatch(principal, request).await.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Where it has not begun yet.
    pub(super) fn subscribe(&self, who: &Principal, query: &str, variables: &Value) -> Subscriber {
        let admitted = Admitted {
            principal: who.clone(),
            until: Timestamp::MAX,
            language: None,
            consistency_token: None,
        };
        let asked = serde_json::from_value(json!({ "query": query, "variables": variables })).unwrap();
        let (hub, admits) = (self.hub.clone(), Arc::new(AtOnce));
        Subscriber(news(Beginning { hub, admits, admitted: Arc::new(admitted), asked }))
    }

    /// Once it has.
    pub(super) async fn listen(&self, who: &Principal, query: &str, variables: &Value) -> Subscriber {
        let mut subscriber = self.subscribe(who, query, variables);
        let begun = subscriber.next().await;
        assert!(matches!(begun, News::Begun(_)), "{begun:?}");
        subscriber
    }
}

/// Nobody has to wait.
struct AtOnce;

impl Admits for AtOnce {
    fn admit<'a>(
        &'a self,
        _: &'a axum::http::request::Parts,
    ) -> BoxFuture<'a, Result<(xentri_domain::kernel::Caller, ValidUntil), Problem>> {
        Box::pin(ready(Err(Problem::new(xentri_schemas::ErrorKind::UNAUTHENTICATED))))
    }

    fn stands<'a>(&'a self, _: &'a axum::http::request::Parts) -> BoxFuture<'a, Result<(), Problem>> {
        Box::pin(ready(Ok(())))
    }

    fn pace(&self, _: OrgId) -> Option<Duration> {
        None
    }
}

pub(super) struct Subscriber(BoxStream<'static, News>);

impl Subscriber {
    pub(super) async fn next(&mut self) -> News {
        timeout(PATIENT, self.0.next()).await.expect("it hangs").expect("it is over")
    }

    /// All that is sent at once.
    pub(super) async fn values(&mut self) -> Vec<Value> {
        match self.next().await {
            News::Next(payloads, _) => payloads
                .iter()
                .map(|text| serde_json::from_str::<Value>(text).unwrap()["data"].take())
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    /// The numbers of so many events.
    pub(super) async fn numbers(&mut self, count: usize) -> Vec<u64> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            let values = self.values().await;
            numbers.extend(values.iter().map(|value| value["events"]["orgSeq"].as_u64().unwrap()));
        }
        numbers
    }

    /// The version of the lead that comes next; before it is folded, there is none.
    pub(super) async fn version(&mut self) -> u64 {
        loop {
            if let Some(version) = self.values().await.last().unwrap()["lead"]["version"].as_u64() {
                return version;
            }
        }
    }

    /// The code that it ends with, and the words, once everything before was taken.
    pub(super) async fn end(&mut self) -> (String, String) {
        loop {
            if let News::Failed(errors) = self.next().await {
                let error = serde_json::to_value(&errors[0]).unwrap();
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                return (text(&error["extensions"]["code"]), text(&error["message"]));
            }
        }
    }
}
