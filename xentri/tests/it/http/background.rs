//! What happens behind the door: read models, topics, jobs, in one process or in several.

use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;
use xentri_testkit::{TestDb, kafka_brokers, topic_prefix};

use super::support::Server;
use crate::process::{MASTER_KEY, Running, eventually, output, refusal, xentri};

/// Of the lead's row, once it is there.
async fn name_of(database: &mut PgConnection, lead: &str) -> Option<String> {
    let query = sqlx::query_scalar("select name from read.leads_v1_g1 where id = $1");
    query.bind(lead.parse::<Uuid>().unwrap()).fetch_optional(database).await.unwrap()
}

async fn is_read(database: &mut PgConnection, lead: &str) {
    eventually("in the read model", async || name_of(database, lead).await.is_some()).await;
}

fn role<'a>(words: impl IntoIterator<Item = &'a str>, database_url: &str) -> Command {
    let mut command = xentri(words);
    command.env("DATABASE_URL", database_url).env("XENTRI_MASTER_KEY", MASTER_KEY);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_is_captured_is_soon_in_the_read_models() {
    let server = Server::with(&[]).await;
    let lead = server.owner().await.lead().await;
    let mut database = server.database().await;
    is_read(&mut database, &lead).await;
    assert_eq!(name_of(&mut database, &lead).await.as_deref(), Some("Ada Lovelace"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_kafka_events_go_through_its_topics() {
    let prefix = topic_prefix();
    let kafka = [("XENTRI_KAFKA_BROKERS", kafka_brokers()), ("XENTRI_KAFKA_TOPIC_PREFIX", prefix.as_str())];
    let server = Server::with(&kafka).await;
    let owner = server.owner().await;
    let mut database = server.database().await;
    // Soon the workers take the log up.
    let from_topic =
        "select count(*) from projection_checkpoint where projection = 'leads' and topic_id = $1";
    let log = format!("{prefix}xentri.log");
    eventually("read from the log", async || {
        let lead = owner.lead().await;
        is_read(&mut database, &lead).await;
        sqlx::query_scalar::<_, i64>(from_topic).bind(&log).fetch_one(&mut database).await.unwrap() > 0
    })
    .await;

    let mut list = role(["topics", "list", "--json"], "postgres://nobody@localhost/nothing");
    let listed = output(list.envs(kafka));
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let topics = listed["topics"].as_array().unwrap();
    assert_eq!(topics.len(), 7, "{listed:#}");
    for topic in topics {
        assert!(topic["name"].as_str().unwrap().starts_with(&prefix), "{listed:#}");
        assert_eq!(topic["partitions"], 8, "{listed:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_alone_builds_what_is_missing_and_ends_when_it_is_told() {
    let db = Arc::new(TestDb::new().await);
    let mut server = Server::on(&db.server_url(), &[]).await;
    let lead = server.owner().await.lead().await;
    let mut database = db.connect_as_admin().await;
    is_read(&mut database, &lead).await;
    server.signal("TERM");
    assert!(server.end().success());

    let forget = "delete from projection_checkpoint; truncate read.leads_v1_g1";
    sqlx::raw_sql(forget).execute(&mut database).await.unwrap();
    let worker = Running::detached(&mut role(["work"], &db.server_url()));
    is_read(&mut database, &lead).await;
    worker.signal("TERM");
    assert!(worker.end().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_alone_makes_the_topics_and_sends_what_is_there() {
    let db = Arc::new(TestDb::new().await);
    let mut server = Server::on(&db.server_url(), &[]).await;
    server.owner().await.lead().await;
    server.signal("TERM");
    assert!(server.end().success());

    let prefix = topic_prefix();
    let mut relay = role(["relay"], &db.server_url());
    relay.env("XENTRI_KAFKA_BROKERS", kafka_brokers()).env("XENTRI_KAFKA_TOPIC_PREFIX", &prefix);
    let relay = Running::detached(&mut relay);
    let mut database = db.connect_as_admin().await;
    let sent = "select coalesce(max(position), 0) from relay_cursor where topic = $1";
    let log = format!("{prefix}xentri.log");
    let events: i64 =
        sqlx::query_scalar("select max(position) from event").fetch_one(&mut database).await.unwrap();
    eventually("sent", async || {
        sqlx::query_scalar::<_, i64>(sent).bind(&log).fetch_one(&mut database).await.unwrap() >= events
    })
    .await;
    relay.signal("TERM");
    assert!(relay.end().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_without_kafka_says_what_is_missing() {
    let db = TestDb::new().await;
    let said = refusal(&mut role(["relay"], &db.server_url()));
    assert_eq!(said, "xentri: no Kafka is named; set XENTRI_KAFKA_BROKERS, as in localhost:9092");
}
