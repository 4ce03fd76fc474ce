//! A process that takes commands, folds them and answers queries.

mod company;
mod question;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use xentri_commands::{Answer, CommandRequest, DispatchError, DispatchSettings, Dispatcher, Provenance};
use xentri_domain::kernel::{Principal, Role, Slug, StreamId};
use xentri_domain::registry::command_kinds;
use xentri_ledger::{Ledger, LedgerSettings, MasterKeys, ShardMap};
use xentri_projections::read_models;
use xentri_query_api::graphql::{GraphqlSettings, Reads, router};
use xentri_schemas::{Environment, command_name, read_command};
use xentri_testkit::{TestClock, TestDb, factory};
use xentri_workers::feed::{Feeds, Heads};
use xentri_workers::runtime::ShardWorker;

pub(crate) use company::Company;
pub(crate) use question::{code, nothing, request};

/// Tests run side by side: how long things take is not the question.
const PATIENT: Duration = Duration::from_secs(20);

pub(crate) struct World {
    // Ends before the database does.
    workers: JoinSet<()>,
    pub(crate) router: axum::Router,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) ledger: Ledger,
    pub(crate) db: TestDb,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(GraphqlSettings { patience: PATIENT, timeout: PATIENT, ..GraphqlSettings::default() })
            .await
    }

    pub(crate) async fn with(settings: GraphqlSettings) -> Self {
        let world = Self::idle(settings).await;
        world.working()
    }

    /// Nothing is folded.
    pub(crate) async fn idle(settings: GraphqlSettings) -> Self {
        Self::on(TestDb::new().await, settings)
    }

    /// Another process on the same database.
    pub(crate) fn afresh(self) -> Self {
        Self::on(self.db, GraphqlSettings::default())
    }

    fn on(db: TestDb, settings: GraphqlSettings) -> Self {
        let keeper = Arc::new(MasterKeys::from_text("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap());
        let ledger_settings = LedgerSettings::default().with_patience(PATIENT);
        let ledger = Ledger::open(ShardMap::single(db.server_url()), keeper, &ledger_settings).unwrap();
        let clock = Arc::new(TestClock::new());
        let dispatch = DispatchSettings { environment: Environment::Local, deadline: PATIENT };
        let dispatcher = Dispatcher::new(ledger.clone(), clock.clone(), dispatch);
        let router = router(Reads::new(ledger.clone(), clock, settings));
        Self { workers: JoinSet::new(), router, dispatcher, ledger, db }
    }

    /// From now on it is.
    pub(crate) fn working(mut self) -> Self {
        let databases = self.ledger.databases();
        let feeds = Arc::new(Feeds::new(databases.clone(), Heads::watch(databases), None));
        for shard in databases.shard_map().shards() {
            let keys = self.ledger.keys().clone();
            let worker = ShardWorker::new(databases.clone(), keys, shard, read_models(), feeds.clone());
            self.workers.spawn(worker.run(std::future::pending()));
        }
        self
    }

    /// The owner of a new org.
    pub(crate) async fn owner(&self) -> Principal {
        let org = factory::org();
        let bakery = json!({ "id": org, "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR",
            "language": "en", "invoice_prefix": "INV" });
        self.give(&factory::system(org), None, "org.create", &bakery).await;
        factory::principal(org, Role::Owner)
    }

    pub(crate) async fn give(
        &self,
        principal: &Principal,
        stream: Option<StreamId>,
        name: &str,
        body: &Value,
    ) -> Answer {
        let answer = self.try_to_give(principal, stream, name, body).await;
        answer.unwrap_or_else(|error| panic!("{name} {body}: {error}"))
    }

    pub(crate) async fn try_to_give(
        &self,
        principal: &Principal,
        stream: Option<StreamId>,
        name: &str,
        body: &Value,
    ) -> Result<Answer, DispatchError> {
        let kind = command_kinds().find(|kind| command_name(kind) == name).expect("a command");
        let command = read_command(kind, body.to_string().as_bytes());
        let command = command.unwrap_or_else(|error| panic!("{name} {body}: {error:?}"));
        let provenance = Provenance::from_source(Slug::parse("test").unwrap());
        let request = CommandRequest { command, stream, idempotency: None, if_match: None, provenance };
        self.dispatcher.dispatch(principal, request).await
    }

    pub(crate) async fn lead(&self, principal: &Principal, name: &str) -> Answer {
        self.give(principal, None, "lead.capture", &json!({ "name": name, "source": "form" })).await
    }
}
