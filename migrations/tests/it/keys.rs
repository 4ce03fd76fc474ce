//! Keys of a whole org: erasing it, and a rotation of the master key beside it.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;
use xentri_testkit::TestDb;

use crate::append::{Call, ONE, OTHER, code, count_of, two_orgs, words};
use crate::as_role::{rows, scalar};
use crate::samples;

async fn erase(server: &mut PgConnection, org: Uuid, shard: i32) -> bool {
    scalar(server, "xentri_app", &format!("select app.erase_org('{org}', {shard})")).await.unwrap()
}

async fn rewrap(server: &mut PgConnection, old: &str, new: &str) -> bool {
    let query = format!("select app.rewrap_org_key('{ONE}', {old}, {new}, 'master-2')");
    scalar(server, "xentri_worker", &query).await.unwrap()
}

/// A person with a key and a snapshot in each org.
async fn persons_and_snapshots(db: &TestDb, server: &mut PgConnection) {
    let mut call = Call::default();
    for org in [ONE, OTHER] {
        let place = call.org(org, 3);
        let chain = call.simple(place, Uuid::from_u128(10), 0, None);
        call.keys.push((chain, Uuid::from_u128(77), None));
    }
    assert_eq!(words(&call.send(server).await.unwrap()), ["appended"; 2]);
    let mut admin = db.connect_as_admin().await;
    for org in [ONE, OTHER] {
        let snapshot = samples::insert(&mut admin, "snapshot", org).await;
        admin.execute(AssertSqlSafe(snapshot)).await.unwrap();
    }
    admin.execute("update snapshot set shard = 3").await.unwrap();
}

#[tokio::test]
async fn an_erased_org_has_no_key_and_no_snapshot_and_takes_nothing_more() {
    let (db, mut server) = two_orgs().await;
    persons_and_snapshots(&db, &mut server).await;
    for _ in 0..2 {
        assert!(erase(&mut server, ONE, 3).await);
    }
    for (table, left) in
        [("org_key", "wrapped is not null"), ("subject_key", "wrapped is not null"), ("snapshot", "true")]
    {
        let orgs: Vec<Uuid> =
            sqlx::query_scalar(AssertSqlSafe(format!("select org_id from {table} where {left}")))
                .fetch_all(&mut db.connect_as_admin().await)
                .await
                .unwrap();
        assert_eq!(orgs, [OTHER], "{table}");
    }
    assert_eq!(count_of(&db, "select count(*) from org_key").await, 2, "the tombstone stays");
    assert_eq!(count_of(&db, "select count(*) from subject_key").await, 2, "the tombstone stays");

    let mut call = Call::default();
    let one = call.org(ONE, 3);
    call.simple(one, Uuid::from_u128(20), 0, None);
    assert_eq!(words(&call.send(&mut server).await.unwrap()), ["org_unknown"]);
}

#[tokio::test]
async fn an_org_that_is_not_on_that_shard_is_not_erased() {
    let (db, mut server) = two_orgs().await;
    assert!(!erase(&mut server, ONE, 4).await);
    assert!(!erase(&mut server, Uuid::from_u128(99), 3).await);
    assert_eq!(count_of(&db, "select count(*) from org_key where wrapped is not null").await, 2);
}

#[tokio::test]
async fn erasing_waits_for_the_append_that_is_under_way() {
    let (db, mut server) = two_orgs().await;
    let mut admin = db.connect_as_admin().await;
    admin
        .execute(
            "alter function app.erase_org set lock_timeout = '50ms'; select pg_advisory_lock(1480937044, 3)",
        )
        .await
        .unwrap();
    let query = format!("select app.erase_org('{ONE}', 3)");
    let error = scalar::<bool>(&mut server, "xentri_app", &query).await.unwrap_err();
    assert_eq!(code(&error), "55P03", "{error}");
    admin.execute("select pg_advisory_unlock(1480937044, 3)").await.unwrap();
    assert!(erase(&mut server, ONE, 3).await);
}

#[tokio::test]
async fn erasing_is_refused_where_it_could_miss_a_key() {
    let (_db, mut server) = two_orgs().await;
    server.execute("begin isolation level repeatable read; set local role xentri_app").await.unwrap();
    let error = server.execute(AssertSqlSafe(format!("select app.erase_org('{ONE}', 3)"))).await.unwrap_err();
    assert_eq!(code(&error), "22023", "{error}");
}

#[tokio::test]
async fn a_key_is_rewrapped_only_as_it_was_read() {
    let (db, mut server) = two_orgs().await;
    assert!(!rewrap(&mut server, "'another'", "'new'").await);
    assert!(!rewrap(&mut server, "'org key'", "null").await);
    assert!(rewrap(&mut server, "'org key'", "'new'").await);
    assert!(!rewrap(&mut server, "'org key'", "'newer'").await);
    let orgs: Vec<(Uuid, Vec<u8>, String)> =
        sqlx::query_as("select org_id, wrapped, master_key from org_key order by org_id")
            .fetch_all(&mut db.connect_as_admin().await)
            .await
            .unwrap();
    assert_eq!(
        orgs,
        [(ONE, b"new".to_vec(), "master-2".to_owned()), (OTHER, b"org key".to_vec(), "master-1".to_owned())]
    );
}

#[tokio::test]
async fn rewrapping_never_brings_back_an_erased_org() {
    let (db, mut server) = two_orgs().await;
    assert!(erase(&mut server, ONE, 3).await);
    for old in ["'org key'", "null"] {
        assert!(!rewrap(&mut server, old, "'new'").await);
    }
    assert_eq!(count_of(&db, "select count(*) from org_key where wrapped is null").await, 1);
}

#[tokio::test]
async fn the_app_does_not_rewrap_and_the_worker_does_not_erase() {
    let (_db, mut server) = two_orgs().await;
    for (role, call) in [
        ("xentri_app", format!("select app.rewrap_org_key('{ONE}', 'org key', 'new', 'master-2')")),
        ("xentri_worker", format!("select app.erase_org('{ONE}', 3)")),
    ] {
        let error = rows(&mut server, role, &call).await.unwrap_err();
        assert_eq!(code(&error), "42501", "{role}: {error}");
    }
}
