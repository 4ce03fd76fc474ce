//! What keeps a server from being ready is named.

use std::fs;

use serde_json::{Value, json};
use xentri_testkit::{PrivatePostgres, TestDb};

use crate::process::{Running, data_dir, eventually};

async fn ask(api: &str) -> (u16, Value) {
    let answer = reqwest::get(format!("{api}/health/ready")).await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

#[tokio::test]
async fn of_several_databases_the_one_that_is_away_is_named() {
    let (one, two) = (TestDb::new().await, PrivatePostgres::start().await);
    let directory = data_dir();
    let file = directory.path().join("xentri.toml");
    let database = |url: &str, shards: &str| format!("[[database]]\nurl = \"{url}\"\nshards = {shards}\n");
    let databases = [database(&one.server_url(), "[0, 1]"), database(&two.server_url(), "[2]")];
    fs::write(&file, databases.concat()).unwrap();
    let settings = [("XENTRI_CONFIG", file.to_str().unwrap()), ("DATABASE_URL", "")];
    let (_running, api) = Running::serve("", &settings).await;
    assert_eq!(ask(&api).await.0, 200);
    two.crash();
    eventually("not ready", async || ask(&api).await.0 == 503).await;
    assert_eq!(ask(&api).await.1["unready_databases"], json!([2]));
}

#[tokio::test]
async fn a_postgres_that_is_away_is_named_and_comes_back_by_itself() {
    let postgres = PrivatePostgres::start().await;
    let (_running, api) = Running::serve(&postgres.server_url(), &[]).await;
    assert_eq!(ask(&api).await.0, 200);
    postgres.crash();
    eventually("not ready", async || ask(&api).await.0 == 503).await;
    let (_, health) = ask(&api).await;
    assert_eq!((health["status"].as_str(), health["appenders"].as_str()), (Some("not ready"), Some("alive")));
    assert_ne!(health["postgres"], "reachable");
    assert_eq!(reqwest::get(format!("{api}/health")).await.unwrap().status(), 200);
    postgres.start_again();
    eventually("ready again", async || ask(&api).await.0 == 200).await;
}
