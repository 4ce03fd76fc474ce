//! `xentri status`: what it says of systems that rest, lag, or can't be asked.

use std::process::Command;

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use xentri_testkit::{TestDb, kafka_brokers, topic_prefix};

use super::support::Server;
use crate::process::{eventually, output, xentri};

fn status_of(database_url: &str, settings: &[(&str, &str)]) -> Command {
    let mut command = xentri(["status"]);
    command.env("DATABASE_URL", database_url).envs(settings.iter().copied());
    command
}

/// What it says as JSON, and the complaint with which it fails.
fn told(mut command: Command) -> (Value, Option<String>) {
    let output = output(command.arg("--json"));
    let complaint = (!output.status.success()).then(|| String::from_utf8(output.stderr).unwrap());
    (serde_json::from_slice(&output.stdout).unwrap(), complaint)
}

fn shards(status: &Value) -> &Vec<Value> {
    status["shards"].as_array().unwrap()
}

/// Of all shards and all that is named there.
fn lags(status: &Value, of: &str) -> Vec<u64> {
    let all = shards(status).iter().flat_map(|shard| shard[of].as_object().unwrap().values());
    all.map(|lag| lag.as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_at_rest_lags_nowhere_and_each_duty_is_somebodys() {
    let db = TestDb::new().await;
    let server = Server::on(&db.server_url(), &[]).await;
    server.owner().await.lead().await;
    eventually("all is folded and led", async || {
        let (status, complaint) = told(status_of(&db.server_url(), &[]));
        assert_eq!((shards(&status).len(), complaint, &status["kafka"]), (8, None, &Value::Null));
        let heads: u64 = shards(&status).iter().map(|shard| shard["head"].as_u64().unwrap()).sum();
        assert!(heads >= 2 && lags(&status, "read_models").len() >= 8, "{status}");
        let led = |shard: &Value| shard["led"] == json!(["work", "schedule"]);
        let at_rest = |of| lags(&status, of).iter().all(|lag| *lag == 0);
        at_rest("read_models") && at_rest("reactors") && shards(&status).iter().all(led)
    })
    .await;
    let screen = String::from_utf8(output(&mut status_of(&db.server_url(), &[])).stdout).unwrap();
    let told = "  reachable, no migration is missing\nKafka     none is named\nParked    nothing\n\nshard ";
    assert!(screen.contains(told), "{screen}");
    assert_eq!(screen.lines().count(), 4 + 1 + 8, "one screen:\n{screen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lags_is_told_with_what_is_parked_and_that_nobody_works() {
    let db = TestDb::new().await;
    let mut server = Server::on(&db.server_url(), &[]).await;
    let owner = server.owner().await;
    owner.lead().await;
    eventually("folded", async || {
        lags(&told(status_of(&db.server_url(), &[])).0, "read_models").iter().all(|lag| *lag == 0)
    })
    .await;
    server.signal("TERM");
    assert!(server.end().success());
    let spoil = format!(
        "update projection_checkpoint set position = 0 where projection = 'leads';
         insert into parked_event (org_id, projection, version, generation, shard, position, epoch, event_id, type, keys, error)
           select '{org}', 'leads', 1, 1, shard, position, 1, gen_random_uuid(), 'x', '{{}}',
             case position when 1 then 'it is broken' end
           from event where org_id = '{org}'",
        org = owner.org
    );
    sqlx::raw_sql(AssertSqlSafe(spoil)).execute(&mut db.connect_as_admin().await).await.unwrap();

    let prefix = topic_prefix();
    let kafka = [("XENTRI_KAFKA_BROKERS", kafka_brokers()), ("XENTRI_KAFKA_TOPIC_PREFIX", prefix.as_str())];
    let (status, complaint) = told(status_of(&db.server_url(), &kafka));
    assert_eq!(complaint, None, "lagging is told, and no failure");
    let shard = shards(&status).iter().find(|shard| shard["head"] != 0).unwrap();
    let head = shard["head"].as_u64().unwrap();
    assert_eq!((&shard["relay_lag"], &shard["read_models"]["leads"]), (&head.into(), &head.into()));
    assert_eq!(shard["read_models"]["org"], 0, "{status}");
    assert_eq!(
        (&shard["parked"], &shard["waiting"], &shard["led"]),
        (&1.into(), &(head - 1).into(), &json!([]))
    );
    let fault = status["kafka"]["fault"].as_str().unwrap();
    assert_eq!(fault, format!("{prefix}xentri.log is not there: run `xentri topics apply`"));
    let screen = String::from_utf8(output(&mut status_of(&db.server_url(), &kafka)).stdout).unwrap();
    assert!(screen.contains(&format!("{head} (leads)")), "{screen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_or_not_migrated_is_told_and_a_failure() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (status, complaint) = told(status_of(&format!("postgres://me:hunter2@{free}/x"), &[]));
    let fault = status["databases"][0]["fault"].as_str().unwrap();
    assert!(fault.starts_with(&format!("Postgres at {free} can't be reached")), "{fault}");
    assert_eq!(complaint.unwrap().trim_end(), format!("xentri: {fault}"));
    assert!(!status.to_string().contains("hunter2") && shards(&status).is_empty(), "{status}");

    let migrated = TestDb::new().await;
    let db = TestDb::empty().await;
    let (status, complaint) = told(status_of(&db.server_url(), &[]));
    assert!(complaint.unwrap().contains("migrations; run `xentri migrate`"), "{status}");
    drop(migrated);
}
