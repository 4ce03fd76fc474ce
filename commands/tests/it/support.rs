//! A process that takes commands, and orgs in it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use xentri_commands::{
    Answer, CommandRequest, DispatchError, DispatchSettings, Dispatcher, Idempotency, Provenance,
};
use xentri_domain::kernel::{Clock, OrgId, Principal, Role, Slug, StreamId, Timestamp};
use xentri_domain::registry::command_kinds;
use xentri_ledger::{Ledger, LedgerSettings, MasterKeys, ShardMap};
use xentri_schemas::{Environment, command_name, read_command};
use xentri_testkit::{TestDb, factory};

/// Where the time that things take is not the question: tests run side by side.
const PATIENT: Duration = Duration::from_secs(20);
const DEADLINE: Duration = Duration::from_secs(2);

pub(crate) struct World {
    pub(crate) db: Option<Arc<TestDb>>,
    pub(crate) dispatcher: Dispatcher,
}

/// The time of day: the append's own clock is Postgres's.
struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap()).unwrap()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let db = Arc::new(TestDb::new().await);
        let dispatcher = dispatcher(&db.server_url(), PATIENT, &LedgerSettings::default());
        Self { db: Some(db), dispatcher }
    }

    /// On a database that a test brings.
    pub(crate) fn on(url: &str) -> Self {
        Self { db: None, dispatcher: dispatcher(url, DEADLINE, &LedgerSettings::default()) }
    }

    /// That every command has.
    pub(crate) fn deadline(&self) -> Duration {
        if self.db.is_some() { PATIENT } else { DEADLINE }
    }

    /// Another process on the same database.
    pub(crate) fn another(&self) -> Self {
        self.with(&LedgerSettings::default())
    }

    /// The same with settings of its own.
    pub(crate) fn with(&self, settings: &LedgerSettings) -> Self {
        let db = self.db.clone().unwrap();
        let dispatcher = dispatcher(&db.server_url(), PATIENT, settings);
        Self { db: Some(db), dispatcher }
    }

    /// The owner of a new org.
    pub(crate) async fn owner(&self) -> Principal {
        let org = factory::org();
        self.give(&factory::system(org), "org.create", &bakery(org)).await.unwrap();
        factory::principal(org, Role::Owner)
    }

    /// A command on a new stream, or on the one there is.
    pub(crate) async fn give(
        &self,
        principal: &Principal,
        name: &str,
        body: &Value,
    ) -> Result<Answer, DispatchError> {
        self.dispatcher.dispatch(principal, request(name, None, body)).await
    }

    pub(crate) async fn give_to(
        &self,
        principal: &Principal,
        stream: StreamId,
        name: &str,
        body: &Value,
    ) -> Result<Answer, DispatchError> {
        self.dispatcher.dispatch(principal, request(name, Some(stream), body)).await
    }

    pub(crate) async fn lead(&self, principal: &Principal) -> StreamId {
        self.give(principal, "lead.capture", &ada()).await.unwrap().id
    }
}

fn dispatcher(url: &str, deadline: Duration, settings: &LedgerSettings) -> Dispatcher {
    let keeper = Arc::new(MasterKeys::from_text("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap());
    let settings = settings.clone().with_patience(deadline);
    let ledger = Ledger::open(ShardMap::single(url), keeper, &settings).unwrap();
    let settings = DispatchSettings { environment: Environment::Local, deadline };
    Dispatcher::new(ledger, Arc::new(Now), settings)
}

pub(crate) fn request(name: &str, stream: Option<StreamId>, body: &Value) -> CommandRequest {
    let kind = command_kinds().find(|kind| command_name(kind) == name).expect("a command");
    let command = read_command(kind, body.to_string().as_bytes()).expect("a valid body");
    let provenance = Provenance::from_source(Slug::parse("test").unwrap());
    CommandRequest { command, stream, idempotency: None, if_match: None, provenance }
}

/// The same with an idempotency key; the body is the fingerprint.
pub(crate) fn keyed(key: &str, name: &str, stream: Option<StreamId>, body: &Value) -> CommandRequest {
    let fingerprint = format!("{name} {stream:?} {body}").into_bytes();
    let idempotency = Some(Idempotency { key: key.parse().unwrap(), fingerprint });
    CommandRequest { idempotency, ..request(name, stream, body) }
}

pub(crate) fn bakery(org: OrgId) -> Value {
    json!({ "id": org, "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es" })
}

pub(crate) fn ada() -> Value {
    json!({ "name": "Ada Lovelace", "email": "ada@example.com", "source": "form" })
}

pub(crate) fn draft() -> Value {
    json!({ "customer": { "name": "Ada Lovelace" }, "due_in_days": 14,
            "lines": [{ "description": "Bread", "quantity": "2", "unit_price": 150, "tax_rate_bp": 1000 }] })
}

/// The refusal's code.
pub(crate) fn code(answer: Result<Answer, DispatchError>) -> &'static str {
    match answer {
        Err(DispatchError::Refused(refused)) => refused.code,
        other => panic!("not refused by the aggregate: {other:?}"),
    }
}
