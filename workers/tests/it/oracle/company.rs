//! An org and what people, agents and jobs do in it, at random.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use uuid::Uuid;
use xentri_commands::{Answer, CommandRequest, DispatchError, Dispatcher, Provenance};
use xentri_domain::aggregate::Stream;
use xentri_domain::kernel::{Actor, Clock as _, CorrelationId, Principal, Role, Slug, StreamId, Timestamp};
use xentri_domain::registry::command_kinds;
use xentri_ledger::Home;
use xentri_schemas::{command_name, read_command};
use xentri_testkit::{TestClock, factory};

/// The org's own; others are foreign to it.
pub(super) const CURRENCIES: [&str; 4] = ["EUR", "EUR", "USD", "JPY"];
const WORDS: [&str; 12] = [
    "Bread",
    "Ægir",
    "Łukasz",
    "STRASSE",
    "İzmir",
    "olive oil",
    "O'Neill",
    "数学",
    "Ñandú",
    "café \"Zur Post\"",
    "100 %",
    "Ω",
];

pub(super) struct Company {
    pub(super) random: StdRng,
    pub(super) clock: Arc<TestClock>,
    dispatcher: Dispatcher,
    home: Home,
    /// Owner, colleague, an agent on behalf of the owner.
    people: Vec<Principal>,
    machines: Vec<Principal>,
    pub(super) leads: Vec<StreamId>,
    pub(super) invoices: Vec<StreamId>,
    /// Not all of them are paid yet; how many payments there were makes the references.
    pub(super) payments: u32,
    pub(super) sites: Vec<StreamId>,
    pub(super) pages: Vec<StreamId>,
    /// With the scope at which each stands.
    pub(super) items: Vec<(StreamId, &'static str)>,
    pub(super) names: u32,
    pub(super) accepted: BTreeSet<String>,
    pub(super) refused: usize,
    pub(super) events: usize,
}

impl Company {
    /// Everything that it does follows from the seed, but for the ids.
    pub(super) async fn begin(dispatcher: Dispatcher, clock: Arc<TestClock>, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let org = factory::org();
        let zone =
            ["Europe/Madrid", "UTC", "Pacific/Auckland", "America/Los_Angeles"].choose(&mut random).unwrap();
        let mut body = json!({ "id": org, "name": format!("Company {seed}"), "time_zone": zone,
                               "currency": CURRENCIES.choose(&mut random), "language": "es" });
        if random.random() {
            body["external_id"] = json!(format!("org_{}", org.uuid().simple()));
        }
        let system = factory::system(org);
        dispatcher.dispatch(&system, request("org.create", None, &body)).await.unwrap();
        let home = dispatcher.ledger().directory().find(org).await.unwrap().unwrap().home;
        let owner = factory::principal(org, Role::Owner);
        let agent = Actor::Agent(Slug::parse("co-pilot").unwrap());
        let agent = Principal::new(org, agent, Role::Owner).on_behalf_of(owner.actor().user().unwrap());
        let job = Principal::new(org, Actor::Job(Slug::parse("night-shift").unwrap()), Role::Owner);
        Self {
            random,
            clock,
            dispatcher,
            home,
            people: vec![owner, factory::principal(org, Role::Owner), agent],
            machines: vec![system, job],
            leads: Vec::new(),
            invoices: Vec::new(),
            payments: 0,
            sites: Vec::new(),
            pages: Vec::new(),
            items: Vec::new(),
            names: 0,
            accepted: BTreeSet::from(["org.create".to_owned()]),
            refused: 0,
            events: 1,
        }
    }

    /// A turn of somebody's in some part of the business.
    pub(super) async fn go_on(&mut self) {
        match self.random.random_range(0..100) {
            0..34 => self.sell().await,
            34..66 => self.bill().await,
            66..82 => self.publish().await,
            82..90 => self.plan().await,
            90..98 => self.draw_attention().await,
            _ => self.administrate().await,
        }
    }

    /// As one of the people.
    pub(super) async fn give(
        &mut self,
        stream: Option<StreamId>,
        name: &str,
        body: &Value,
    ) -> Option<Answer> {
        let who = self.people.choose(&mut self.random).unwrap().clone();
        self.give_as(&who, stream, name, body).await
    }

    pub(super) async fn give_as_machine(
        &mut self,
        stream: StreamId,
        name: &str,
        body: &Value,
    ) -> Option<Answer> {
        let who = self.machines.choose(&mut self.random).unwrap().clone();
        self.give_as(&who, Some(stream), name, body).await
    }

    /// None where it was refused, as some are. Whatever else goes wrong is a defect.
    async fn give_as(
        &mut self,
        who: &Principal,
        stream: Option<StreamId>,
        name: &str,
        body: &Value,
    ) -> Option<Answer> {
        let mut request = request(name, stream, body);
        self.tell_how(&mut request.provenance);
        match self.dispatcher.dispatch(who, request).await {
            Ok(answer) => {
                self.accepted.insert(name.to_owned());
                self.events += answer.events.len();
                Some(answer)
            }
            Err(DispatchError::Refused(_) | DispatchError::SubjectForgotten) => {
                self.refused += 1;
                None
            }
            Err(error) => panic!("{name} {body}: {error}"),
        }
    }

    /// Some say when it took place, why, or what it belongs to.
    fn tell_how(&mut self, provenance: &mut Provenance) {
        if self.random.random_ratio(1, 5) {
            let hours = self.random.random_range(1..2_000);
            provenance.occurred_at = Some(self.later(-hours));
        }
        if self.random.random_ratio(1, 5) {
            provenance.reason = Some(self.word().parse().unwrap());
        }
        if self.random.random_ratio(1, 3) {
            let id = Uuid::now_v7();
            provenance.correlation_id = Some(CorrelationId::try_from(id).unwrap());
            provenance.causation_id = Some(id.try_into().unwrap());
        }
    }

    pub(super) async fn state<S: Stream>(&self, id: StreamId) -> Arc<S> {
        self.dispatcher.ledger().states().load::<S>(self.home, id).await.unwrap().state
    }

    pub(super) fn org(&self) -> StreamId {
        self.home.org().into()
    }

    /// So many hours from now.
    pub(super) fn later(&self, hours: i64) -> Timestamp {
        let by = hours * i64::try_from(Duration::from_hours(1).as_micros()).unwrap();
        Timestamp::from_micros(self.clock.now().as_micros() + by).unwrap()
    }

    /// So many days from now, as dates are written.
    pub(super) fn day(&self, days: i64) -> String {
        self.later(24 * days).to_string()[.."2026-03-02".len()].to_owned()
    }

    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.random.random_ratio(percent, 100)
    }

    pub(super) fn choose<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        of.choose(&mut self.random).copied()
    }

    pub(super) fn word(&mut self) -> String {
        let word = WORDS.choose(&mut self.random).unwrap();
        format!("{word} {}", self.random.random_range(0..1_000))
    }

    /// No other of this org has it.
    pub(super) fn name(&mut self) -> String {
        self.names += 1;
        format!("name-{}", self.names)
    }

    /// From a few to a great many, as likely in each order of magnitude.
    pub(super) fn amount(&mut self) -> i64 {
        let magnitude = self.random.random_range(2..9);
        self.random.random_range(1..10_i64.pow(magnitude))
    }

    pub(super) fn money(&mut self) -> Value {
        let currency = *CURRENCIES.choose(&mut self.random).unwrap();
        json!({ "amount": self.amount(), "currency": currency })
    }
}

fn request(name: &str, stream: Option<StreamId>, body: &Value) -> CommandRequest {
    let kind = command_kinds().find(|kind| command_name(kind) == name);
    let kind = kind.unwrap_or_else(|| panic!("{name} is no command"));
    let command = read_command(kind, body.to_string().as_bytes());
    let command = command.unwrap_or_else(|error| panic!("{name} {body}: {error:?}"));
    let provenance = Provenance::from_source(Slug::parse("test").unwrap());
    CommandRequest { command, stream, idempotency: None, if_match: None, provenance }
}
