//! Readers, while others write all the time and what is read is made anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval};

use super::rebuild::{lines, rebuild};
use super::support::{Answer, Caller, Server, ada};
use crate::process::eventually;

const WRITERS: u32 = 16;
/// Commands of all writers in a second, where the machine is up to it.
const RATE: u32 = 500;
const OWN: &str = "query($id: UUID!) { lead(id: $id) { name state version } leads(first: 3) { totalCount edges { node { id } } } \
                   pipeline { state leads } }";

/// What all of them share.
#[derive(Clone, Default)]
struct Course {
    over: Arc<AtomicBool>,
    given: Arc<AtomicU64>,
    reads: Arc<AtomicU64>,
}

impl Course {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    fn given(&self) -> u64 {
        self.given.load(Ordering::SeqCst)
    }

    async fn give(&self, caller: &Caller) -> Answer {
        let answer = caller.give("/sales/leads", &ada()).await;
        answer.done(201);
        self.given.fetch_add(1, Ordering::SeqCst);
        answer
    }

    async fn write(self, caller: Caller) {
        let mut turns = interval(Duration::from_secs(1) / RATE * WRITERS);
        turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while !self.is_over() {
            turns.tick().await;
            self.give(&caller).await;
        }
    }

    /// Each read has to show the lead that was captured before it, and no fewer than the one before.
    async fn read(self, caller: Caller) {
        let mut most = 0;
        while !self.is_over() {
            let least = self.given();
            let captured = self.give(&caller).await;
            let data = captured.done(201);
            let asked = json!({ "query": OWN, "variables": { "id": data["id"] } });
            let request = caller.request(Method::POST, "/graphql").json(&asked);
            let token = data["consistency_token"].as_str().unwrap();
            let read = Answer::to(request.header("X-Consistency-Token", token)).await;
            assert_eq!((read.status, &read.body["errors"]), (200, &Value::Null), "{}", read.body);
            let seen = &read.body["data"];
            let lead = json!({ "name": "Ada Lovelace", "state": "NEW", "version": 1 });
            assert_eq!(seen["lead"], lead, "after {least} others");
            assert_eq!(seen["leads"]["edges"].as_array().unwrap().len(), 3);
            let stages = seen["pipeline"].as_array().unwrap();
            let all: u64 = stages.iter().map(|stage| stage["leads"].as_u64().unwrap()).sum();
            assert_eq!(seen["leads"]["totalCount"], all);
            // What was answered before its own command comes before it in the ledger.
            assert!(
                all > least && all > most,
                "{all} leads after {least} were captured and {most} were seen"
            );
            most = all;
            self.reads.fetch_add(1, Ordering::SeqCst);
        }
    }
}

async fn number(database: &mut PgConnection, query: &str) -> u64 {
    let number: i64 = sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(database).await.unwrap();
    u64::try_from(number).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_under_steady_writes_sees_all_of_its_own_while_leads_and_pipeline_are_rebuilt() {
    let server = Server::with(&[]).await;
    let owner = server.owner().await;
    for _ in 0..3 {
        owner.lead().await;
    }
    let course = Course { given: Arc::new(AtomicU64::new(3)), ..Course::default() };
    let mut people = JoinSet::new();
    for _ in 0..WRITERS {
        people.spawn(course.clone().write(owner.clone()));
    }
    for _ in 0..2 {
        people.spawn(course.clone().read(owner.clone()));
    }
    eventually("there is something to rebuild", async || course.given() > 1_000).await;
    let (begun, before, reads) = (Instant::now(), course.given(), course.reads.load(Ordering::SeqCst));
    // So slowly that they write and read in all of its phases.
    let mut command = rebuild(&server, &["leads", "--json", "--throttle", "2000"]);
    let told = spawn_blocking(move || lines(&mut command, true)).await.unwrap();
    let (seconds, given) = (begun.elapsed().as_secs_f64(), course.given() - before);
    let read = course.reads.load(Ordering::SeqCst) - reads;
    course.over.store(true, Ordering::SeqCst);
    people.join_all().await;

    let rebuilt = told.iter().find(|line| line["rebuilt"].is_string()).expect("it came to its end");
    let locked = rebuilt["locked_ms"].as_f64().unwrap();
    println!(
        "{given} commands and {read} reads in {seconds:.1} s: {:.0} commands/s; locked for {locked} ms",
        f64::from(u32::try_from(given).unwrap()) / seconds
    );
    assert!(given > 20 && read > 5, "{given} commands, {read} reads");
    assert_eq!((&rebuilt["rebuilt"], &rebuilt["parked"]), (&json!("leads_v1_g2"), &json!(0)));
    assert_eq!(rebuilt["replaced"], json!("leads_v1_g1"), "it was compared");
    assert!(locked < 100.0, "readers were kept waiting for {locked} ms");

    let mut database = server.database().await;
    let all = course.given();
    for generation in [1, 2] {
        let rows = format!("select count(*) from read.leads_v1_g{generation}");
        eventually("all are there", async || number(&mut database, &rows).await == all).await;
    }
    for table in ["leads_v1_g", "pipeline_v1_g"] {
        let differs = format!(
            "select count(*) from ((table read.{table}1 except table read.{table}2) \
                         union all (table read.{table}2 except table read.{table}1)) d"
        );
        assert_eq!(number(&mut database, &differs).await, 0, "{table}");
    }
}
