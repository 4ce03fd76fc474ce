//! One idempotency key, raced by two processes.

use uuid::Uuid;
use xentri_domain::kernel::{Actor, OrgId, Principal, Role, UserId};
use xentri_ledger::{
    Appended, CommandRecord, Ledger, LedgerSettings, Outcome, ReceiptRecord, Refusal, ShardMap, TenantTx,
};

use super::child::{self, Child};
use crate::support::{Lead, World, created, keeper};

const CALLERS: usize = 8;

/// Eight callers in each of two processes send the same command with the same key, each with an answer of its own to
/// keep. The receipt's primary key is checked under the shard's lock, so exactly one is first, whoever it is; all others
/// are told that the key is used, and by then the receipt of the first is committed.
#[tokio::test]
async fn sixteen_callers_of_two_processes_with_one_key_get_the_same_answer() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    let task = ["keys", &world.db.server_url(), &lead.home.org().to_string(), &lead.id.to_string()];
    let mut children = [Child::start(&task).await, Child::start(&task).await];
    for child in &mut children {
        child.go().await;
    }
    let mut answers = Vec::new();
    let mut first = 0;
    for child in &mut children {
        for _ in 0..CALLERS {
            let said = child.hear().await;
            let (how, answer) = said.split_once(' ').unwrap();
            first += usize::from(how == "appended");
            answers.push(answer.to_owned());
        }
    }
    assert_eq!((first, answers.len()), (1, 16));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let counts: (i64, i64) = sqlx::query_as(
        "select (select count(*) from event where stream_type = 'lead'), (select count(*) from receipt)",
    )
    .fetch_one(&mut world.db.connect_as_admin().await)
    .await
    .unwrap();
    assert_eq!(counts, (1, 1));
}

/// In the child: half of the callers.
pub(crate) async fn race(url: &str, org: &str, lead: &str) {
    let ledger = Ledger::open(ShardMap::single(url), keeper(), &LedgerSettings::default()).unwrap();
    let org = OrgId::parse(org).unwrap();
    let home = ledger.directory().find(org).await.unwrap().unwrap().home;
    // The same in both processes: a key belongs to whoever uses it.
    let by = Principal::new(org, Actor::User(UserId::of("https://issuer.test", "ada")), Role::Owner);
    let lead = std::sync::Arc::new(Lead { home, id: lead.parse().unwrap(), by });
    child::ready().await;
    let callers = (0..CALLERS).map(|_| {
        let (ledger, lead) = (ledger.clone(), lead.clone());
        tokio::spawn(async move { child::say(&answer(&ledger, &lead).await) })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
}

async fn answer(ledger: &Ledger, lead: &Lead) -> String {
    let own = Uuid::new_v4().to_string();
    let receipt = ReceiptRecord::new("order-1".parse().unwrap(), [1; 32], own.clone()).unwrap();
    let events = vec![created(lead)];
    let record = CommandRecord { events, receipt: Some(receipt), ..CommandRecord::default() };
    match ledger.appenders().append(lead.chain_of(0, record)).await.unwrap() {
        Outcome::Appended(appended) => {
            let [Appended { events: Some(place), .. }] = appended[..] else { panic!("{appended:?}") };
            format!("appended {own} {} {}", place.first_org_seq, place.last_position)
        }
        Outcome::Refused(refusal) => {
            assert_eq!(refusal, Refusal::KeyUsed);
            let mut tx = TenantTx::read(ledger.databases(), lead.home).await.unwrap();
            let (answer, first, last): (String, i64, i64) = sqlx::query_as(
                "select answer, first_org_seq, last_position from receipt where shard = $1 and org_id = $2 and key = 'order-1'",
            )
            .bind(lead.home.shard().number())
            .bind(lead.home.org().uuid())
            .fetch_one(tx.connection())
            .await
            .unwrap();
            tx.commit().await.unwrap();
            format!("read {answer} {first} {last}")
        }
    }
}
