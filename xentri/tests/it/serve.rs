//! `xentri serve` on a database that is there.

use serde_json::Value;
use xentri_testkit::TestDb;

use crate::process::Running;

#[tokio::test]
async fn a_migrated_database_is_served() {
    let db = TestDb::new().await;
    let (running, api) = Running::serve(&db.server_url(), &[]).await;
    assert_eq!(reqwest::get(format!("{api}/health/ready")).await.unwrap().status(), 200);
    running.signal("TERM");
    assert!(running.end().success());
}

#[tokio::test]
async fn an_unmigrated_database_is_alive_but_not_ready_and_says_what_is_missing() {
    let migrated = TestDb::new().await;
    let db = TestDb::empty().await;
    let (_running, api) = Running::serve(&db.server_url(), &[]).await;
    let answer = reqwest::get(format!("{api}/health/ready")).await.unwrap();
    assert_eq!(answer.status(), 503);
    let health: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(health["status"], "not ready");
    assert_eq!(health["missing_migrations"][1], "20261121080100 event");
    drop(migrated);
}
