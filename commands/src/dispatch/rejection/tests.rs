use std::sync::Arc;

use serde_json::{Value, json};
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{Clock, Principal, Role, Slug, Timestamp};
use xentri_domain::lead::Lead;
use xentri_domain::registry::command_kinds;
use xentri_ledger::{Authorized, Ledger, LedgerSettings, MasterKeys, ShardMap};
use xentri_schemas::{command_name, read_command};
use xentri_testkit::{TestDb, factory};

use super::{Settled, Work};
use crate::{CommandRequest, DispatchError, DispatchSettings, Dispatcher, Idempotency, Provenance};

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        "2026-03-02T15:00:00.000000Z".parse().unwrap()
    }
}

fn request(name: &str, body: &Value) -> CommandRequest {
    let kind = command_kinds().find(|kind| command_name(kind) == name).unwrap();
    let command = read_command(kind, body.to_string().as_bytes()).unwrap();
    let idempotency = Some(Idempotency { key: "k".parse().unwrap(), fingerprint: name.into() });
    let provenance = Provenance::from_source(Slug::parse("test").unwrap());
    CommandRequest { command, stream: None, idempotency, if_match: None, provenance }
}

async fn an_owner(dispatcher: &Dispatcher) -> Principal {
    let org = factory::org();
    let body = json!({ "id": org, "name": "B", "time_zone": "UTC", "currency": "EUR", "language": "es" });
    dispatcher.dispatch(&factory::system(org), request("org.create", &body)).await.unwrap();
    factory::principal(org, Role::Owner)
}

/// Two send one command with one key. The second was refused on an old state; while it was decided again, the first was
/// appended. Now the refusal rests on what the first has done, at a version that is current.
#[tokio::test]
async fn a_refusal_on_the_second_look_finds_the_receipt_too() {
    let db = TestDb::new().await;
    let keeper = Arc::new(MasterKeys::from_text("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap());
    let map = ShardMap::single(db.server_url());
    let ledger = Ledger::open(map, keeper, &LedgerSettings::default()).unwrap();
    let dispatcher = Dispatcher::new(ledger, Arc::new(Fixed), DispatchSettings::default());
    let owner = an_owner(&dispatcher).await;
    let capture = request("lead.capture", &json!({ "name": "Ada", "source": "form" }));
    let first = dispatcher.dispatch(&owner, capture.clone()).await.unwrap();

    let home = dispatcher.home_of(&owner).await.unwrap();
    let authorized = Authorized::to_give(&capture.command, &owner).unwrap();
    let key = dispatcher.key_of(home, capture.idempotency.clone()).await.unwrap();
    let lead = StreamRef::of::<Lead>(first.id);
    let mut work = Work::new(home, authorized, owner, capture, lead, first.id);
    work.key = key;
    // From the first look.
    work.current.insert(lead, 1);
    let settled = dispatcher.settle_rejection(&mut work, DispatchError::Internal, &[(lead, 1)]).await;
    let Ok(Settled::Replayed(answer)) = settled else { panic!("the receipt was not found") };
    assert!(answer.replayed && answer.events == first.events);
}
