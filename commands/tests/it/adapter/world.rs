//! A ledger with an org in it, and frameworks for commands in that org.

use std::sync::Arc;

use cqrs_es::{AggregateError, CqrsFramework};
use serde_json::{Value, json};
use uuid::Uuid;
use xentri_commands::{Adapted, CommandScope, Halted, OneCommand, Provenance, Services};
use xentri_domain::aggregate::{Aggregate, CommandSet as _, Facts, Stream, StreamRef};
use xentri_domain::kernel::{Currency, EventId, Language, Principal, Role, StreamId, TimeZone};
use xentri_domain::org::{InvoicePrefix, Org};
use xentri_domain::registry::{Command, Event};
use xentri_ledger::{
    Authorized, Chain, Home, Ledger, LedgerSettings, Loaded, MasterKeys, OrgSettings, Outcome, ShardMap,
    TenantTx, Until, fold_stream_in_tx,
};
use xentri_schemas::{Envelope, Environment, Meta};
use xentri_testkit::{TestDb, factory};

const NOON: &str = "2026-03-02T12:00:00.000000Z";

pub(super) struct World {
    ledger: Ledger,
    pub(super) home: Home,
    owner: Principal,
    _db: TestDb,
}

impl World {
    pub(super) async fn new() -> Self {
        let db = TestDb::new().await;
        let keeper = Arc::new(MasterKeys::from_text("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap());
        let map = ShardMap::single(db.server_url());
        let ledger = Ledger::open(map, keeper, &LedgerSettings::default()).unwrap();
        let home = make_org(&ledger).await;
        Self { ledger, home, owner: factory::principal(home.org(), Role::Owner), _db: db }
    }

    pub(super) fn scope(&self, stream: StreamId) -> CommandScope {
        CommandScope {
            home: self.home,
            facts: Facts::new(self.owner.clone(), stream, NOON.parse().unwrap(), new_id()),
            expected: None,
            receipt: None,
            provenance: Provenance::from_source("api".parse().unwrap()),
            environment: Environment::Local,
        }
    }

    pub(super) fn one(&self, stream: StreamId) -> (OneCommand, Services) {
        OneCommand::new(&self.ledger, self.scope(stream))
    }

    pub(super) fn framework<A: Aggregate>(&self, stream: StreamId) -> CqrsFramework<Adapted<A>, OneCommand>
    where
        Command: From<A::Command>,
    {
        let (store, services) = self.one(stream);
        CqrsFramework::new(store, vec![], services)
    }

    pub(super) async fn execute<A: Aggregate>(
        &self,
        stream: StreamId,
        name: &str,
        body: Value,
    ) -> Result<(), AggregateError<Halted<A::Error>>>
    where
        Command: From<A::Command>,
    {
        self.execute_in::<A>(self.scope(stream), name, body).await
    }

    pub(super) async fn execute_in<A: Aggregate>(
        &self,
        scope: CommandScope,
        name: &str,
        body: Value,
    ) -> Result<(), AggregateError<Halted<A::Error>>>
    where
        Command: From<A::Command>,
    {
        let stream = scope.facts.stream.to_string();
        let (store, services) = OneCommand::new(&self.ledger, scope);
        let framework: CqrsFramework<Adapted<A>, _> = CqrsFramework::new(store, vec![], services);
        framework.execute(&stream, command::<A>(name, body)).await
    }

    pub(super) async fn drafted(&self) -> StreamId {
        let invoice = new_id();
        self.execute::<xentri_domain::invoice::Invoice>(invoice, "draft", draft()).await.unwrap();
        invoice
    }

    pub(super) async fn load<S: Stream>(&self, id: StreamId) -> Loaded<S> {
        let mut tx = TenantTx::read(self.ledger.databases(), self.home).await.unwrap();
        fold_stream_in_tx(&mut tx, id, Until::Head).await.unwrap()
    }
}

pub(super) fn new_id() -> StreamId {
    StreamId::try_from(Uuid::now_v7()).unwrap()
}

pub(super) fn command<A: Aggregate>(name: &str, body: Value) -> A::Command {
    A::Command::read(name, body).unwrap().unwrap()
}

pub(super) fn capture() -> Value {
    json!({ "name": "Ada Lovelace", "email": "ada@example.com", "source": "form" })
}

pub(super) fn draft() -> Value {
    let line =
        json!({ "description": "Design", "quantity": "10", "unit_price": 10_000, "tax_rate_bp": 2100 });
    json!({ "customer": { "name": "Ada Lovelace" }, "lines": [line], "due_in_days": 30 })
}

/// As dispatch makes one: the adapter makes none.
async fn make_org(ledger: &Ledger) -> Home {
    let settings = OrgSettings {
        time_zone: TimeZone::parse("Europe/Madrid").unwrap(),
        currency: Currency::parse("EUR").unwrap(),
        language: Language::Es,
        invoice_prefix: InvoicePrefix::default(),
    };
    let org = factory::org();
    let home = ledger.directory().reserve(org, None, &settings).await.unwrap().home;
    let body = json!({ "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es",
                       "invoice_prefix": "INV" });
    let system = factory::system(org);
    let create = Command::from(command::<Org>("create", body.clone()));
    let authorized = Authorized::to_give(&create, &system).unwrap();
    let mut sealer = ledger.keys().sealer(home);
    let mut chain = Chain::new(home).making(sealer.make_org().await.unwrap());
    let record = sealer.seal(&[created(&system, body)]).await.unwrap();
    chain.push(&authorized, [(StreamRef::of::<Org>(org), 0)], record).unwrap();
    let answer = ledger.appenders().append(chain).await;
    sealer.settle(&answer).await;
    assert!(matches!(answer, Ok(Outcome::Appended(_))), "{answer:?}");
    assert!(ledger.directory().activate(org).await.unwrap());
    home
}

fn created(system: &Principal, payload: Value) -> Envelope {
    Envelope {
        id: EventId::try_from(Uuid::now_v7()).unwrap(),
        occurred_at: NOON.parse().unwrap(),
        org_id: system.org(),
        actor: system.actor().clone(),
        payload: Event::read_payload("xentri.org.created.v1", payload).unwrap().unwrap(),
        dedupe_key: None,
        correlation_id: None,
        causation_id: None,
        trace_id: None,
        meta: Meta {
            source: "api".parse().unwrap(),
            environment: Environment::Local,
            command: "org.create".parse().unwrap(),
            reason: None,
            on_behalf_of: None,
        },
        stream_id: system.org().into(),
        version: 1,
    }
}
