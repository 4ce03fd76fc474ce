//! The directory's functions: who gets an id, who gets a name, and when an org can be found.

use sqlx::Executor;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;
use xentri_testkit::TestDb;

use crate::as_role::{rows, scalar};

const ONE: Uuid = Uuid::from_u128(1 << 120);
const OTHER: Uuid = Uuid::from_u128(2 << 120);

async fn reserve(server: &mut PgConnection, org: Uuid, shard: i32, external_id: &str) -> String {
    let query = format!(
        "select app.reserve_org('{org}', {shard}, '{external_id}', 'Europe/Madrid', 'EUR', 'es', 'INV')::text"
    );
    scalar(server, "xentri_app", &query).await.unwrap()
}

/// Calls a function that takes the org and says whether it was there.
async fn was_there(server: &mut PgConnection, function: &str, org: Uuid) -> bool {
    scalar(server, "xentri_app", &format!("select app.{function}('{org}')")).await.unwrap()
}

async fn found(server: &mut PgConnection, external_id: &str) -> Vec<PgRow> {
    rows(server, "xentri_app", &format!("select * from app.org_by_external_id('{external_id}')"))
        .await
        .unwrap()
}

async fn make(server: &mut PgConnection, org: Uuid, external_id: &str) {
    assert_eq!(reserve(server, org, 3, external_id).await, "reserved");
    assert!(was_there(server, "activate_org", org).await);
}

#[tokio::test]
async fn an_org_is_found_by_its_external_id_while_it_is_active() {
    let db = TestDb::new().await;
    let mut server = db.connect_as_server().await;
    assert_eq!(reserve(&mut server, ONE, 3, "org_a").await, "reserved");
    assert!(found(&mut server, "org_a").await.is_empty(), "still creating");
    for _ in 0..2 {
        assert!(was_there(&mut server, "activate_org", ONE).await);
    }
    let row = &found(&mut server, "org_a").await[0];
    assert_eq!((row.get::<Uuid, _>("org_id"), row.get::<i32, _>("shard")), (ONE, 3));
    let settings =
        ["time_zone", "currency", "language", "invoice_prefix"].map(|name| row.get::<String, _>(name));
    assert_eq!(settings, ["Europe/Madrid", "EUR", "es", "INV"]);
    for _ in 0..2 {
        assert!(was_there(&mut server, "mark_org_erased", ONE).await);
    }
    assert!(found(&mut server, "org_a").await.is_empty(), "erased");
    assert!(!was_there(&mut server, "activate_org", ONE).await, "erased for ever");
}

#[tokio::test]
async fn an_org_that_was_never_reserved_is_not_there() {
    let db = TestDb::new().await;
    let mut server = db.connect_as_server().await;
    for function in ["activate_org", "mark_org_erased"] {
        assert!(!was_there(&mut server, function, ONE).await, "{function}");
    }
    assert!(found(&mut server, "org_a").await.is_empty());
}

#[tokio::test]
async fn a_reservation_may_be_repeated_until_the_org_is_active() {
    let db = TestDb::new().await;
    let mut server = db.connect_as_server().await;
    let mut admin = db.connect_as_admin().await;
    assert_eq!(reserve(&mut server, ONE, 3, "org_a").await, "reserved");
    // The ledger has got more shards since, and the org would get another one now.
    assert_eq!(reserve(&mut server, ONE, 4, "org_a").await, "reserved");
    assert_eq!(reserve(&mut server, ONE, 3, "org_b").await, "reserved");
    assert!(was_there(&mut server, "activate_org", ONE).await);
    assert_eq!(reserve(&mut server, ONE, 3, "org_b").await, "exists");
    assert!(found(&mut server, "org_a").await.is_empty());
    assert_eq!(found(&mut server, "org_b").await.len(), 1);
    let query = format!("select shard from org where org_id = '{ONE}'");
    let shard: i32 = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut admin).await.unwrap();
    assert_eq!(shard, 3, "that of the first try");
    assert!(was_there(&mut server, "mark_org_erased", ONE).await);
    assert_eq!(reserve(&mut server, ONE, 3, "org_c").await, "exists");
}

#[tokio::test]
async fn an_external_id_belongs_to_one_org() {
    let db = TestDb::new().await;
    let mut server = db.connect_as_server().await;
    make(&mut server, ONE, "org_a").await;
    assert_eq!(reserve(&mut server, OTHER, 3, "org_a").await, "external_id_taken");
    assert_eq!(reserve(&mut server, OTHER, 3, "org_b").await, "reserved");
    assert_eq!(reserve(&mut server, OTHER, 3, "org_a").await, "external_id_taken", "on a second try too");
    // Orgs without one don't meet.
    for org in [3, 4] {
        let org = Uuid::from_u128(org);
        let query = format!("select app.reserve_org('{org}', 3, null, 'UTC', 'EUR', 'en', 'INV')::text");
        assert_eq!(scalar::<String>(&mut server, "xentri_app", &query).await.unwrap(), "reserved");
    }
}

#[tokio::test]
async fn a_reservation_that_nobody_finished_gives_up_its_external_id_after_ten_minutes() {
    let db = TestDb::new().await;
    let mut server = db.connect_as_server().await;
    let mut admin = db.connect_as_admin().await;
    assert_eq!(reserve(&mut server, ONE, 3, "org_a").await, "reserved");
    for (age, expected) in [("9 minutes", "external_id_taken"), ("11 minutes", "reserved")] {
        let older = format!("update org set created_at = now() - interval '{age}' where org_id = '{ONE}'");
        admin.execute(AssertSqlSafe(older)).await.unwrap();
        assert_eq!(reserve(&mut server, OTHER, 3, "org_a").await, expected, "{age}");
    }
    assert_eq!(reserve(&mut server, ONE, 3, "org_a").await, "external_id_taken", "it comes too late");
    // An active org keeps its name, however old it is.
    assert!(was_there(&mut server, "activate_org", OTHER).await);
    admin.execute("update org set created_at = now() - interval '1 year'").await.unwrap();
    assert_eq!(reserve(&mut server, ONE, 3, "org_a").await, "external_id_taken");
    assert_eq!(found(&mut server, "org_a").await[0].get::<Uuid, _>("org_id"), OTHER);
}

/// Eight connections reserve one external id for orgs of their own. The unique index lets the first in and makes the
/// others wait for its commit, so exactly one is told that it has it.
#[tokio::test]
async fn one_of_many_who_want_an_external_id_gets_it() {
    let db = TestDb::new().await;
    let mut tries = tokio::task::JoinSet::new();
    for n in 1..=8 {
        let mut server = db.connect_as_server().await;
        tries.spawn(async move { reserve(&mut server, Uuid::from_u128(n), 3, "org_a").await });
    }
    let mut answers = tries.join_all().await;
    answers.sort();
    assert_eq!(answers[7], "reserved");
    assert!(answers[..7].iter().all(|answer| answer == "external_id_taken"), "{answers:?}");
}

#[tokio::test]
async fn settings_change_for_that_active_org_alone() {
    let db = TestDb::new().await;
    let mut server = db.connect_as_server().await;
    make(&mut server, ONE, "org_a").await;
    make(&mut server, OTHER, "org_b").await;
    let change = |org| format!("select app.set_org_settings('{org}', 'Europe/Paris', 'CHF', 'en', 'RE')");
    assert!(scalar::<bool>(&mut server, "xentri_app", &change(ONE)).await.unwrap());
    for (external_id, currency) in [("org_a", "CHF"), ("org_b", "EUR")] {
        assert_eq!(found(&mut server, external_id).await[0].get::<String, _>("currency"), currency);
    }
    assert!(was_there(&mut server, "mark_org_erased", ONE).await);
    assert!(!scalar::<bool>(&mut server, "xentri_app", &change(ONE)).await.unwrap());
}
