//! The databases that the kit hands out.
#![allow(clippy::unwrap_used, reason = "test code")]

use std::time::{Duration, Instant};

use sqlx::Executor;
use xentri_testkit::TestDb;

#[tokio::test]
async fn what_one_test_does_another_does_not_see() {
    let (one, other) = (TestDb::new().await, TestDb::new().await);
    one.connect_as_admin().await.execute("create table mine ()").await.unwrap();
    let refused = other.connect_as_admin().await.execute("table mine").await.unwrap_err();
    assert!(refused.to_string().contains("does not exist"), "{refused}");
}

#[tokio::test]
async fn a_database_goes_with_its_value() {
    let db = TestDb::new().await;
    let url = db.admin_url();
    let name = url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
    drop(db);
    let other = TestDb::empty().await;
    let mut postgres = other.connect_as_admin().await;
    let left: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut postgres)
        .await
        .unwrap();
    assert!(!left, "{name}");
}

/// About 50 ms on two idle cores, 700 on a machine whose disk was slow. The bound is far above: it is there to tell when cloning
/// a template has become migrating a database.
#[tokio::test]
async fn a_fresh_database_is_a_clone_and_quickly_made() {
    let _template = TestDb::new().await;
    let mut times = Vec::new();
    for _ in 0..11 {
        let begin = Instant::now();
        let _db = TestDb::new().await;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    println!("a fresh database: {:?} at best, {:?} in the middle", times[0], times[5]);
    assert!(times[0] < Duration::from_secs(2), "{times:?}");
}
