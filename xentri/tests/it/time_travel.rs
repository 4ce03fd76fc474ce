//! Random lives of many streams, each looked back at in every version.
//!
//! What a state has to be is told by two who know nothing of how it is looked up: the command, which says at once what it
//! has made of the stream, and a fold of leads in plain JSON that goes by what the business means.

use std::sync::Arc;

use serde_json::{Value, json};
use xentri_commands::{CommandRequest, DispatchSettings, Dispatcher, Provenance};
use xentri_domain::aggregate::{CommandKind, Door, StreamRef};
use xentri_domain::kernel::{Clock, OrgId, Principal, Role, Slug, StreamId, Timestamp};
use xentri_domain::registry::{STREAM_TYPES, command_kinds};
use xentri_ledger::{
    Home, Ledger, LedgerSettings, MasterKeys, PageLimit, ShardMap, TenantTx, Until, read_stream_in_tx,
};
use xentri_query_api::time_travel::{Change, Then, diff_in_tx, state_in_tx};
use xentri_schemas::{Environment, command_name, command_schema, read_command};
use xentri_testkit::{TestDb, factory};

use crate::process::MASTER_KEY;

const STREAMS: u64 = 1000;
const STEPS: usize = 8;
/// So many at once.
const SIDE_BY_SIDE: u64 = 8;

struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap()).unwrap()
    }
}

/// The same numbers for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        // Xorshift, which is as random as this test needs.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % end
    }
}

#[derive(Clone)]
struct World {
    dispatcher: Dispatcher,
    ledger: Ledger,
    owner: Principal,
    home: Home,
}

impl World {
    async fn new(db: &TestDb) -> Self {
        let keeper = Arc::new(MasterKeys::from_text(MASTER_KEY).unwrap());
        let deadline = crate::process::PATIENCE;
        let settings = LedgerSettings::default().with_patience(deadline);
        let ledger = Ledger::open(ShardMap::single(db.server_url()), keeper, &settings).unwrap();
        let settings = DispatchSettings { environment: Environment::Local, deadline };
        let dispatcher = Dispatcher::new(ledger.clone(), Arc::new(Now), settings);
        let org = factory::org();
        let create = kind("org", "create");
        let bakery = json!({ "id": org, "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR",
                             "language": "es" });
        dispatcher.dispatch(&factory::system(org), request(create, None, &bakery)).await.unwrap();
        let home = ledger.directory().find(org).await.unwrap().unwrap().home;
        Self { dispatcher, ledger, owner: factory::principal(org, Role::Owner), home }
    }

    /// A life, and the state after each version, as it was told then.
    async fn live(&self, seed: u64) -> Option<(StreamRef, Vec<Value>)> {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let (stream_type, create) =
            [("lead", "capture"), ("invoice", "draft"), ("site", "create"), ("pulse_item", "raise")]
                [random.below(4)];
        let commands: Vec<_> = command_kinds()
            .filter(|kind| kind.stream_type == stream_type && kind.door == Door::Stream)
            .collect();
        let body = varied(kind(stream_type, create), &mut random);
        let made =
            self.dispatcher.dispatch(&self.owner, request(kind(stream_type, create), None, &body)).await;
        let id = made.ok()?.id;
        let stream = StreamRef { stream_type, id };
        let mut states = vec![self.told(stream, 1).await];
        for _ in 0..=random.below(STEPS) {
            let command = commands[random.below(commands.len())];
            let request = request(command, Some(id), &varied(command, &mut random));
            // What is refused changes nothing.
            let Ok(answer) = self.dispatcher.dispatch(&self.owner, request).await else { continue };
            for version in states.len() as u64 + 1..=answer.version {
                states.push(self.told(stream, version).await);
            }
        }
        Some((stream, states))
    }

    async fn told(&self, stream: StreamRef, version: u64) -> Value {
        self.dispatcher.state_at(&self.owner, stream.stream_type, stream.id, version).await.unwrap()
    }

    async fn then(&self, tx: &mut TenantTx, stream: StreamRef, then: Then) -> Option<(u32, Value)> {
        let found = state_in_tx(tx, self.ledger.keys(), stream, then, true).await.unwrap();
        found.map(|found| (found.version, found.state))
    }

    /// Looks back at every version, by number and by moment, and at what changed from each to the next.
    async fn check(&self, stream: StreamRef, told: &[Value]) {
        let mut tx = TenantTx::read(self.ledger.databases(), self.home).await.unwrap();
        let page = read_stream_in_tx(&mut tx, stream, 0, Until::Head, PageLimit::default()).await.unwrap();
        assert_eq!(page.events.len(), told.len(), "{stream}");
        let mut before = json!({});
        for (event, state) in page.events.iter().zip(told) {
            let by_number = self.then(&mut tx, stream, Then::Version(event.version)).await;
            assert_eq!(by_number.as_ref(), Some(&(event.version, state.clone())), "{stream}");
            // Events of one command have one moment.
            let last = page.events.iter().rfind(|other| other.recorded_at <= event.recorded_at).unwrap();
            let expected = (last.version, told[last.version as usize - 1].clone());
            assert_eq!(
                self.then(&mut tx, stream, Then::Moment(event.recorded_at)).await,
                Some(expected),
                "{stream}"
            );
            let versions = (event.version - 1, event.version);
            let changes =
                diff_in_tx(&mut tx, self.ledger.keys(), stream, versions, true).await.unwrap().unwrap();
            assert_eq!(applied(before, &changes), *state, "{stream} {versions:?}");
            before = state.clone();
        }
        let beyond = Then::Version(u32::try_from(told.len()).unwrap() + 1);
        assert_eq!(self.then(&mut tx, stream, beyond).await, None);
        assert_eq!(self.then(&mut tx, stream, Then::Version(0)).await, None);
        if stream.stream_type == "lead" {
            self.check_lead(&mut tx, stream, told).await;
        }
    }

    /// Against the fold in plain JSON, by what events say that is no secret.
    async fn check_lead(&self, tx: &mut TenantTx, stream: StreamRef, told: &[Value]) {
        let page = read_stream_in_tx(tx, stream, 0, Until::Head, PageLimit::default()).await.unwrap();
        let mut lead = json!({});
        for (event, state) in page.events.iter().zip(told) {
            let body: Value = serde_json::from_str(&event.body).unwrap();
            tell(&mut lead, body["type"].as_str().unwrap(), &body["payload"]);
            for (field, value) in lead.as_object().unwrap() {
                assert_eq!(&state[field], value, "{field} of {stream} at {}", event.version);
            }
        }
    }
}

fn tell(lead: &mut Value, name: &str, payload: &Value) {
    match name {
        "xentri.lead.created.v1" => {
            *lead = json!({ "status": "new", "source": payload["source"], "company": payload["company"],
                            "owner": null, "score": null });
        }
        "xentri.lead.updated.v1" => {
            if let Some(company) = payload.get("company") {
                lead["company"] = company.clone();
            }
        }
        "xentri.lead.assigned.v1" => lead["owner"] = payload["owner"].clone(),
        "xentri.lead.contacted.v1" if lead["status"] == "new" => lead["status"] = "contacted".into(),
        "xentri.lead.qualified.v1" => {
            lead["status"] = "qualified".into();
            lead["score"] = payload["score"].clone();
        }
        "xentri.lead.disqualified.v1" => lead["status"] = "disqualified".into(),
        "xentri.lead.proposal_sent.v1" => {
            lead["status"] = "proposal".into();
            lead["value"] = payload["amount"].clone();
        }
        "xentri.deal.won.v1" => {
            lead["status"] = "won".into();
            lead["value"] = payload["amount"].clone();
        }
        "xentri.deal.lost.v1" => lead["status"] = "lost".into(),
        _ => {}
    }
}

/// The state before with the changes made in it.
fn applied(mut state: Value, changes: &[Change]) -> Value {
    let mut gone = Vec::new();
    for Change { pointer, after, .. } in changes {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        match (state.pointer_mut(parent).unwrap(), after) {
            (Value::Object(fields), Some(after)) => drop(fields.insert(name.to_owned(), after.clone())),
            (Value::Array(items), Some(after)) => {
                let place: usize = name.parse().unwrap();
                if place < items.len() {
                    items[place] = after.clone();
                } else {
                    items.push(after.clone());
                }
            }
            (_, None) => gone.push((parent.to_owned(), name.to_owned())),
            (other, _) => panic!("{pointer} leads into {other}"),
        }
    }
    // From the end, so that the places before stay what they are.
    for (parent, name) in gone.iter().rev() {
        match state.pointer_mut(parent).unwrap() {
            Value::Object(fields) => drop(fields.remove(name)),
            Value::Array(items) => drop(items.remove(name.parse().unwrap())),
            other => panic!("{parent} is {other}"),
        }
    }
    state
}

fn kind(stream_type: &str, name: &str) -> &'static CommandKind {
    command_kinds().find(|kind| (kind.stream_type, kind.name) == (stream_type, name)).unwrap()
}

/// The example of the command without what must be new or there, and some of the rest left out.
fn varied(kind: &CommandKind, random: &mut Random) -> Value {
    let schema: Value = serde_json::from_str(command_schema(&command_name(kind)).unwrap()).unwrap();
    let mut body = schema["examples"][0].clone();
    let required: Vec<_> = schema["required"].as_array().into_iter().flatten().cloned().collect();
    let fields = body.as_object_mut().unwrap();
    fields.retain(|name, _| {
        let needed = required.iter().any(|required| required == name);
        needed || (!matches!(name.as_str(), "id" | "lead_id" | "follow_up_id") && random.below(3) > 0)
    });
    for (name, field) in fields {
        match name.as_str() {
            "slug" => *field = format!("s{}", random.0).into(),
            "reference" => *field = format!("r{}", random.0).into(),
            "valid_until" => *field = "2999-01-01".into(),
            "due_at" | "expires_at" => *field = "2999-01-01T00:00:00Z".into(),
            "score" => *field = random.below(100).into(),
            "company" => *field = format!("Company {}", random.below(1000)).into(),
            _ => {}
        }
    }
    body
}

fn request(kind: &'static CommandKind, stream: Option<StreamId>, body: &Value) -> CommandRequest {
    let command = read_command(kind, body.to_string().as_bytes());
    let command = command.unwrap_or_else(|errors| panic!("{}: {errors:?} {body}", kind.name));
    let provenance = Provenance::from_source(Slug::parse("test").unwrap());
    CommandRequest { command, stream, idempotency: None, if_match: None, provenance }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_version_of_a_thousand_random_streams_is_what_it_was() {
    let db = TestDb::new().await;
    let world = World::new(&db).await;
    let mut living = tokio::task::JoinSet::new();
    for part in 0..SIDE_BY_SIDE {
        let world = world.clone();
        living.spawn(async move {
            let (mut streams, mut versions) = (0, 0);
            for seed in (0..STREAMS).filter(|seed| seed % SIDE_BY_SIDE == part) {
                let Some((stream, told)) = world.live(seed).await else { continue };
                world.check(stream, &told).await;
                (streams, versions) = (streams + 1, versions + told.len());
            }
            (streams, versions)
        });
    }
    let counts = living.join_all().await;
    let streams: u64 = counts.iter().map(|(streams, _)| streams).sum();
    let versions: usize = counts.iter().map(|(_, versions)| versions).sum();
    assert!(streams > STREAMS * 9 / 10, "most lives begin: {streams}");
    assert!(versions > 2 * usize::try_from(STREAMS).unwrap(), "and go on: {versions}");
    world.ledger.close().await;
}

#[tokio::test]
async fn a_stream_of_another_org_is_none() {
    let db = TestDb::new().await;
    let (world, other) = (World::new(&db).await, World::new(&db).await);
    let (stream, _) = world.live(1).await.unwrap();
    let mut tx = TenantTx::read(other.ledger.databases(), other.home).await.unwrap();
    for then in [Then::Now, Then::Version(1), Then::Moment(Timestamp::MAX)] {
        assert_eq!(other.then(&mut tx, stream, then).await, None);
    }
    let nothing = StreamId::from(OrgId::v7(1, [1; 10]));
    for stream_type in STREAM_TYPES {
        let stream = StreamRef { stream_type, id: nothing };
        assert_eq!(other.then(&mut tx, stream, Then::Now).await, None);
    }
}
