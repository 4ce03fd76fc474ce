//! One claim stream, such as an org's invoice numbers of a year, that everybody wants the next version of.

use std::time::Instant;

use uuid::Uuid;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{EventId, OrgId, StreamId};
use xentri_ledger::{
    Chain, CommandRecord, EventRecord, Home, Ledger, LedgerSettings, Outcome, Refusal, ShardMap, TenantTx,
};

use super::checks::assert_sound;
use super::child::{self, Child};
use crate::support::{World, authorized, keeper, owner};

const CLIENTS: i64 = 32;
const EACH: i64 = 5;

/// 32 clients in each of two processes append to one stream, each again and again from the version that it then reads. A
/// version is checked under the shard's lock and given to one of them, so some client gets on in every call, and the
/// versions come out gapless whatever the order.
#[tokio::test]
async fn sixty_four_clients_of_two_processes_number_one_stream_without_gap() {
    let world = World::new().await;
    let org = world.org().await.org().to_string();
    let stream = Uuid::now_v7();
    let task = ["claims", &world.db.server_url(), &org, &stream.to_string()];
    let mut children = [Child::start(&task).await, Child::start(&task).await];
    let start = Instant::now();
    for child in &mut children {
        child.go().await;
    }
    for child in &mut children {
        assert_eq!(child.hear().await, "done");
    }
    let took = start.elapsed();
    let mut admin = world.db.connect_as_admin().await;
    let (count, last): (i64, i32) =
        sqlx::query_as("select count(*), max(version) from event where stream_id = $1")
            .bind(stream)
            .fetch_one(&mut admin)
            .await
            .unwrap();
    let all = 2 * CLIENTS * EACH;
    assert_eq!((count, i64::from(last)), (all, all));
    assert_sound(&mut admin).await;
    println!("{all} claims on one stream by {} clients in {took:?}", 2 * CLIENTS);
}

/// In the child: half of the clients.
pub(crate) async fn race(url: &str, org: &str, stream: &str) {
    let ledger = Ledger::open(ShardMap::single(url), keeper(), &LedgerSettings::default()).unwrap();
    let home = ledger.directory().find(OrgId::parse(org).unwrap()).await.unwrap().unwrap().home;
    let id: StreamId = stream.parse().unwrap();
    child::ready().await;
    let clients = (0..CLIENTS).map(|_| tokio::spawn(claim(ledger.clone(), home, id)));
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    child::say("done");
}

async fn claim(ledger: Ledger, home: Home, id: StreamId) {
    let stream = StreamRef { stream_type: "invoice_number", id };
    let mut done = 0;
    while done < EACH {
        let version = version_of(&ledger, home, stream).await;
        let event = EventId::try_from(Uuid::now_v7()).unwrap();
        let body = format!(r#"{{"number":{}}}"#, version + 1);
        let event = EventRecord::from_body(event, "xentri.invoice_number.taken.v1", stream, body).unwrap();
        let record = CommandRecord { events: vec![event], ..CommandRecord::default() };
        let mut chain = Chain::new(home);
        chain.push(&authorized(&owner(home)), [(stream, version)], record).unwrap();
        match ledger.appenders().append(chain).await.unwrap() {
            Outcome::Appended(_) => done += 1,
            Outcome::Refused(refusal) => assert_eq!(refusal, Refusal::Stale),
        }
    }
}

async fn version_of(ledger: &Ledger, home: Home, stream: StreamRef) -> u32 {
    let mut tx = TenantTx::read(ledger.databases(), home).await.unwrap();
    let version: Option<i32> = sqlx::query_scalar(
        "select version from event where shard = $1 and org_id = $2 and stream_type = $3 and stream_id = $4 \
         order by version desc limit 1",
    )
    .bind(home.shard().number())
    .bind(home.org().uuid())
    .bind(stream.stream_type)
    .bind(stream.id.uuid())
    .fetch_optional(tx.connection())
    .await
    .unwrap();
    tx.commit().await.unwrap();
    u32::try_from(version.unwrap_or(0)).unwrap()
}
