//! Read models made anew beside a running server, as an analyst does it.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use sqlx::Executor as _;
use xentri_testkit::TestDb;

use super::support::{Caller, Server};
use crate::process::{MASTER_KEY, data_dir, eventually, output, xentri};

/// In a hurry: no request of these tests takes a second.
pub(super) fn rebuild(server: &Server, words: &[&str]) -> Command {
    let mut command = hurried(words);
    command.env("DATABASE_URL", server.database_url());
    command
}

fn hurried(words: &[&str]) -> Command {
    let mut command = xentri(["rebuild"].into_iter().chain(words.iter().copied()));
    command.env("XENTRI_MASTER_KEY", MASTER_KEY).env("XENTRI_HTTP_REQUEST_TIMEOUT", "1s");
    command
}

/// The lines of JSON, which it prints with success or without.
pub(super) fn lines(command: &mut Command, succeeds: bool) -> Vec<Value> {
    let output = output(command);
    told(&output, succeeds)
}

pub(super) fn told(output: &Output, succeeds: bool) -> Vec<Value> {
    let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.success(), succeeds, "{said}{printed}");
    printed.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

async fn with_leads(leads: usize) -> (Server, Caller) {
    let server = Server::with(&[]).await;
    let owner = server.owner().await;
    for _ in 0..leads {
        owner.lead().await;
    }
    let mut database = server.database().await;
    let query = "select count(*) from read.leads_v1_g1";
    eventually("all leads are read", async || {
        let read: i64 = sqlx::query_scalar(query).fetch_one(&mut database).await.unwrap();
        usize::try_from(read).unwrap() == leads
    })
    .await;
    (server, owner)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_is_rebuilt_beside_a_running_server_and_taken_back() {
    let (server, owner) = with_leads(12).await;
    let told = lines(&mut rebuild(&server, &["leads", "org", "--json", "--by", "ada"]), true);
    let rebuilt: Vec<_> = told.iter().filter(|line| line["rebuilt"].is_string()).collect();
    assert_eq!(rebuilt.len(), 2, "{told:#?}");
    assert_eq!((&rebuilt[0]["rebuilt"], &rebuilt[0]["rows"]), (&json!("leads_v1_g2"), &json!(12)));
    assert_eq!((&rebuilt[0]["replaced"], &rebuilt[0]["parked"]), (&json!("leads_v1_g1"), &json!(0)));
    assert!(told.iter().any(|line| line["progress"]["phase"] == "settling"), "{told:#?}");

    let before = owner.lead().await;
    let back = lines(&mut rebuild(&server, &["leads", "--rollback", "--json"]), true);
    assert_eq!(back[0]["shown"], json!("leads_v1_g1"));
    let listed = lines(&mut rebuild(&server, &["--list", "--json"]), true);
    let phases: Vec<_> = listed[0]["rebuilds"].as_array().unwrap().iter().map(|one| &one["phase"]).collect();
    assert_eq!(phases, ["returned", "grace"]);
    assert_eq!(listed[0]["rebuilds"][0]["requested_by"], "ada");

    let mut database = server.database().await;
    eventually("both are fed", async || {
        let query =
            "select count(*) from read.leads_v1_g1 join read.leads_v1_g2 using (id) where id = $1::uuid";
        let both: i64 = sqlx::query_scalar(query).bind(&before).fetch_one(&mut database).await.unwrap();
        both == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_killed_leaves_a_rebuild_that_another_resumes_or_cancels() {
    let (server, _) = with_leads(30).await;
    for end in ["--resume", "--cancel"] {
        let mut killed =
            rebuild(&server, &["leads", "--json", "--throttle", "5"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(killed.stdout.take().unwrap()).lines();
        let begun = |line: &str| line.contains("\"loading\"") && !line.contains("\"done\":0,");
        assert!(told.any(|line| begun(&line.unwrap())), "it loads nothing");
        killed.kill().unwrap();
        killed.wait().unwrap();
        lines(&mut rebuild(&server, &["leads", "--json", end]), true);
    }
    let mut database = server.database().await;
    let query =
        "select relname::text from pg_class where relname ~ '^(leads|pipeline)_v1_g[0-9]+$' order by 1";
    let tables: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut database).await.unwrap();
    assert_eq!(tables, ["leads_v1_g1", "leads_v1_g2", "pipeline_v1_g1", "pipeline_v1_g2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_databases_it_says_which_an_entry_is_of() {
    let (one, two, directory) = (TestDb::new().await, TestDb::new().await, data_dir());
    let file = directory.path().join("xentri.toml");
    let database =
        |db: &TestDb, shard: u8| format!("[[database]]\nurl = \"{}\"\nshards = [{shard}]\n", db.server_url());
    std::fs::write(&file, database(&one, 0) + &database(&two, 1)).unwrap();
    let of_both = |words: &[&str]| {
        let mut command = hurried(words);
        command.env("XENTRI_CONFIG", &file);
        command
    };
    let told = lines(&mut of_both(&["leads", "--json"]), true);
    let rebuilt = told.iter().filter(|line| line["rebuilt"].is_string());
    assert_eq!(rebuilt.map(|line| &line["database"]).collect::<Vec<_>>(), [1, 2]);
    let listed = lines(&mut of_both(&["--list", "--json"]), true);
    let listed = listed[0]["rebuilds"].as_array().unwrap();
    assert_eq!(listed.iter().map(|entry| &entry["database"]).collect::<Vec<_>>(), [1, 2]);
    let text = String::from_utf8(output(&mut of_both(&["--list"])).stdout).unwrap();
    let ends: Vec<_> = text.lines().skip(1).map(|line| line.rsplit(", ").next().unwrap()).collect();
    assert_eq!(ends, ["in database 1", "in database 2"], "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_is_shown_without_what_is_personal_and_not_swapped() {
    let (server, _) = with_leads(3).await;
    let mut database = server.database().await;
    database.execute("update read.leads_v1_g1 set name = 'Mallory', version = 7").await.unwrap();
    let told = lines(&mut rebuild(&server, &["leads", "--json"]), false);
    let differs = told.iter().find(|line| line["differs"].is_string()).expect("a report");
    let table = &differs["tables"][0];
    assert_eq!((&table["table"], &table["changed"]), (&json!("leads"), &json!(3)));
    let columns = table["rows"][0]["columns"].as_array().unwrap();
    let masked = columns.iter().find(|column| column["column"] == "name").unwrap();
    assert_eq!((&masked["old"], &masked["new"]), (&json!("•••"), &json!("•••")));
    let version = columns.iter().find(|column| column["column"] == "version").unwrap();
    assert_eq!((&version["old"], &version["new"]), (&json!(7), &json!(1)));
    assert_eq!(table["rows"][0]["last_events"][0]["type"], "xentri.lead.created.v1");

    let shown = ["leads", "--show-personal", "--reason", "a customer asked"];
    let output = output(&mut rebuild(&server, &shown));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("name: \"Mallory\" is to be "), "{printed}");
    let live = "select generation from projection_generation where projection = 'leads' and state = 'live'";
    let live: i32 = sqlx::query_scalar(live).fetch_one(&mut database).await.unwrap();
    assert_eq!(live, 1);
}
