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

/// The fastest of many: whatever else the machine does can only add to it.
#[tokio::test]
async fn a_fresh_database_takes_less_than_a_tenth_of_a_second() {
    let _template = TestDb::new().await;
    let mut times = Vec::new();
    for _ in 0..11 {
        let begin = Instant::now();
        let _db = TestDb::new().await;
        times.push(begin.elapsed());
    }
    let fastest = times.iter().min().unwrap();
    println!("a fresh database: {fastest:?}");
    assert!(*fastest < Duration::from_millis(100), "{times:?}");
}
