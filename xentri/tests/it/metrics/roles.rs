//! Every role has an admin address of its own, or none.

use std::process::Command;

use xentri_testkit::{TestDb, kafka_brokers, topic_prefix};

use super::page::{read, value};
use crate::process::{MASTER_KEY, Running, data_dir, eventually, free, refusal, xentri};

fn role(words: &[&str], db: &TestDb, admin: &str) -> Command {
    let mut command = xentri(words.iter().copied());
    command.env("DATABASE_URL", db.server_url()).env("XENTRI_MASTER_KEY", MASTER_KEY);
    command.env("XENTRI_KAFKA_BROKERS", kafka_brokers()).env("XENTRI_KAFKA_TOPIC_PREFIX", topic_prefix());
    command.env("XENTRI_ADMIN_LISTEN", admin);
    command
}

async fn text(url: String) -> reqwest::Result<String> {
    reqwest::get(url).await?.text().await
}

/// Shows what it does, is ready, and takes its address with it when it ends.
async fn is_watched(words: &[&str], has: &[&str], has_not: &[&str]) {
    let (db, admin) = (TestDb::new().await, free());
    let running = Running::detached(&mut role(words, &db, &admin));
    let (metrics, ready) = (format!("http://{admin}/metrics"), format!("http://{admin}/health/ready"));
    eventually("ready", async || reqwest::get(&ready).await.is_ok_and(|answer| answer.status() == 200)).await;
    let everything = ["xentri_build_info", "xentri_ledger_shards", "xentri_pool_connections"];
    let leads = has.contains(&"xentri_leases_held");
    eventually("tells all that it should", async || {
        let page = read(&text(metrics.clone()).await.unwrap());
        let held = value(&page, "xentri_leases_held", &[("duty", words[0])]);
        has.iter().chain(&everything).all(|name| page.contains_key(*name)) && (!leads || held == Some(8.0))
    })
    .await;
    let answer = reqwest::get(&metrics).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let page = read(&answer.text().await.unwrap());
    for name in has_not {
        assert!(!page.contains_key(*name), "{words:?} does not tell of {name}");
    }
    assert_eq!(reqwest::get(format!("http://{admin}/api/openapi.json")).await.unwrap().status(), 404);
    running.signal("TERM");
    assert!(running.end().success());
    assert!(reqwest::get(&metrics).await.unwrap_err().is_connect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_tells_what_it_sends_and_nothing_of_read_models() {
    let has = ["xentri_leases_held", "xentri_relay_lag_events", "xentri_ledger_head_position"];
    is_watched(&["relay"], &has, &["xentri_projection_lag_events", "xentri_append_alive"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_whose_kafka_does_not_answer_says_so() {
    let (db, admin) = (TestDb::new().await, free());
    let running = Running::detached(role(&["relay"], &db, &admin).env("XENTRI_KAFKA_BROKERS", free()));
    let metrics = format!("http://{admin}/metrics");
    eventually("Kafka is away", async || {
        let page = text(metrics.clone()).await.map(|text| read(&text)).unwrap_or_default();
        value(&page, "xentri_relay_kafka_away", &[]) == Some(1.0)
    })
    .await;
    running.signal("TERM");
    assert!(running.end().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_tells_of_read_models_and_parked_events() {
    let has = [
        "xentri_leases_held",
        "xentri_projection_lag_events",
        "xentri_parked_events",
        "xentri_feed_events_total",
    ];
    is_watched(&["work"], &has, &["xentri_relay_lag_events", "xentri_job_runs_total"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduler_tells_of_its_jobs() {
    let has = ["xentri_leases_held", "xentri_job_runs_total", "xentri_commands_total"];
    is_watched(&["schedule"], &has, &["xentri_projection_lag_events", "xentri_relay_lag_events"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_alone_tells_of_commands_and_of_nothing_behind_it() {
    let api = free();
    let words = ["serve", "--alone", "--listen", &api];
    is_watched(&words, &["xentri_append_alive"], &["xentri_leases_held", "xentri_parked_events"]).await;
}

#[test]
fn up_names_its_admin_address_or_says_that_there_is_none() {
    let data = data_dir();
    let running = Running::up(data.path());
    assert!(running.ready["admin"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{}", running.ready);
    drop(running);
    let path = data.path().to_str().unwrap();
    let mut up = xentri(["up", "--listen", "127.0.0.1:0", "--json", "--data", path]);
    let off = Running::start(up.env("XENTRI_ADMIN_LISTEN", "off"));
    assert!(off.ready.as_object().unwrap()["admin"].is_null(), "{}", off.ready);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_address_that_is_taken_keeps_a_role_from_starting_and_is_named() {
    let db = TestDb::new().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refusal(&mut role(&["work"], &db, &address));
    let expected = format!(
        "xentri: can't listen on {address} for metrics; name a free address with XENTRI_ADMIN_LISTEN, or off: "
    );
    assert!(said.starts_with(&expected), "{said}");
}
