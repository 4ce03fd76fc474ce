//! A whole system, with Kafka: each metric of the document, no other, and nothing of whom the events are about.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use uuid::Uuid;
use xentri_testkit::{TestDb, kafka_brokers, topic_prefix};

use super::page::{Page, read, value};
use crate::http::support::{Answer, Caller};
use crate::process::{Running, data_dir, eventually, output, xentri};

const DOCUMENT: &str = include_str!("../../../../docs/metrics.md");
const RULES: &str = include_str!("../../../../infra/prometheus/alerts.yml");

/// Every metric of the document: its type, and its labels.
fn documented() -> BTreeMap<&'static str, (&'static str, BTreeSet<&'static str>)> {
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let mut cells = row.split(" | ");
        let name = cells.next().unwrap().trim_end_matches('`');
        let (kind, labels) = (cells.next().unwrap(), cells.next().unwrap());
        let labels =
            labels.split(", ").map(|label| label.trim_matches('`')).filter(|label| !label.is_empty());
        (name, (kind, labels.collect()))
    })
    .collect()
}

/// A status that nothing has here, and the only word of an alert that is not there from the beginning.
const FAILURE: &str = "5xx";

/// What the alerts ask of labels: metric, label, and the words that it may have.
fn asked() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let mut all = Vec::new();
    for (at, _) in RULES.match_indices('{') {
        let name = RULES[..at].rsplit(|char| !is_name(char)).next().unwrap();
        if !name.starts_with("xentri_") {
            continue;
        }
        for matcher in RULES[at + 1..].split('}').next().unwrap().split(',') {
            let (label, words) = matcher.split_once('"').unwrap();
            let words = words.strip_suffix('"').unwrap().split('|').collect();
            all.push((name, label.trim().trim_end_matches(['=', '!', '~']), words));
        }
    }
    assert!(all.len() > 5, "{all:?}");
    all
}

struct System {
    _db: TestDb,
    data: tempfile::TempDir,
    running: Running,
}

impl System {
    async fn start() -> Self {
        let (db, data) = (TestDb::new().await, data_dir());
        let path = data.path().to_str().unwrap();
        let mut up = xentri(["up", "--listen", "127.0.0.1:0", "--json", "--data", path]);
        up.env("DATABASE_URL", db.server_url());
        up.env("XENTRI_KAFKA_BROKERS", kafka_brokers()).env("XENTRI_KAFKA_TOPIC_PREFIX", topic_prefix());
        // How long things take where tests run side by side is not the question.
        up.env("XENTRI_COMMANDS_DEADLINE", "20s");
        let running = Running::start(&mut up);
        Self { _db: db, data, running }
    }

    fn caller(&self, org: &str, options: &[&str]) -> Caller {
        let data = self.data.path().to_str().unwrap();
        let all = ["token", "--data", data, "--json"].into_iter().chain(options.iter().copied());
        let printed: Value = serde_json::from_slice(&output(&mut xentri(all)).stdout).unwrap();
        Caller::new(&self.running.api(), printed["token"].as_str().unwrap().to_owned(), org)
    }

    async fn scrape(&self) -> Page {
        let admin = self.running.ready["admin"].as_str().unwrap();
        read(&reqwest::get(format!("{admin}/metrics")).await.unwrap().text().await.unwrap())
    }

    /// An org with what an owner does there, mistakes among it.
    async fn busy_org(&self) -> Caller {
        let bakery = json!({ "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es",
            "external_id": "org_of_the_bakery" });
        let org = self.caller("", &["--service", "importer"]).make("/core/orgs", &bakery).await;
        let owner = self.caller(&org, &["--org", &org, "--role", "owner", "--sub", "ada"]);
        let lead = owner.lead().await;
        for _ in 0..2 {
            let call = json!({ "channel": "phone", "note": "wants bread" });
            let again = owner.post(&format!("/sales/leads/{lead}/log-contact"), &call);
            Answer::to(again.header("Idempotency-Key", "first-call")).await.done(200);
        }
        // Of a lead that is not qualified.
        let early = json!({ "amount": { "amount": 5, "currency": "EUR" } });
        owner.give(&format!("/sales/leads/{lead}/win"), &early).await.problem(409, "ILLEGAL_TRANSITION");
        owner.give(&format!("/no/such/route/{lead}"), &json!({})).await.problem(404, "NOT_FOUND");
        owner
    }
}

/// Everything was read and sent, so whoever has to tell of it has been there.
fn is_through(page: &Page) -> bool {
    let none = |name: &str, at_least: usize| {
        let lags: Vec<_> = page.get(name).map(|family| &family.samples).into_iter().flatten().collect();
        lags.len() >= at_least && lags.iter().all(|(_, lag)| lag.value == 0.0)
    };
    let passed = value(page, "xentri_projection_events_total", &[("projection", "leads")]);
    none("xentri_projection_lag_events", 8) && none("xentri_relay_lag_events", 8 * 7) && passed > Some(0.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_system_tells_each_metric_of_the_document_and_nothing_of_its_orgs() {
    let system = System::start().await;
    let owner = system.busy_org().await;
    eventually("all is read and sent", async || is_through(&system.scrape().await)).await;
    let page = system.scrape().await;

    let documented = documented();
    let told: BTreeSet<_> = page.keys().map(String::as_str).collect();
    assert_eq!(told, documented.keys().copied().collect::<BTreeSet<_>>());
    for (name, family) in &page {
        let (kind, labels) = &documented[name.as_str()];
        assert_eq!(family.kind, *kind, "{name}");
        for (_, sample) in &family.samples {
            let own: BTreeSet<_> =
                sample.labels.keys().map(String::as_str).filter(|label| *label != "le").collect();
            assert_eq!(own, *labels, "{name}");
            for word in sample.labels.values() {
                is_nobodys(word, &owner.org);
            }
        }
    }
    for (name, label, words) in asked() {
        for word in words {
            let is_told = page
                .values()
                .flat_map(|family| &family.samples)
                .any(|(of, sample)| of == name && sample.labels.get(label).is_some_and(|own| own == word));
            assert!(is_told || word == FAILURE, "an alert is about {name} with {label} {word}");
        }
    }
    counts_are_right(&page);

    system.running.signal("TERM");
    assert!(system.running.end().success());
}

/// No id, no name, no path with either in it.
#[track_caller]
fn is_nobodys(word: &str, org: &str) {
    let has_id = word
        .split(|char: char| char != '-' && !char.is_ascii_alphanumeric())
        .any(|part| Uuid::parse_str(part).is_ok());
    let names = [org, "org_of_the_bakery", "Bakery", "Ada", "ada", "importer", "example.com"];
    assert!(!has_id && !names.iter().any(|name| word.contains(name)), "{word}");
}

fn counts_are_right(page: &Page) {
    let given = |command, outcome| {
        let labels = [("stream_type", "lead"), ("command", command), ("outcome", outcome)];
        value(page, "xentri_commands_total", &labels)
    };
    assert_eq!(given("capture", "done"), Some(1.0));
    assert_eq!((given("log-contact", "done"), given("log-contact", "replayed")), (Some(1.0), Some(1.0)));
    assert_eq!((given("win", "done"), given("win", "illegal_transition")), (Some(0.0), Some(1.0)));
    let answered = |route, status| {
        let labels = [("route", route), ("method", "POST"), ("status", status)];
        value(page, "xentri_http_request_duration_seconds_count", &labels)
    };
    assert_eq!(answered("/api/v1/sales/leads/{id}/log-contact", "2xx"), Some(2.0));
    assert_eq!(answered("/api/v1/sales/leads/{id}/win", "4xx"), Some(1.0));
    assert_eq!(answered("unmatched", "4xx"), Some(1.0));
    // The org, the lead and the call; the repetition appends nothing.
    assert_eq!(value(page, "xentri_append_commands_total", &[("verdict", "appended")]), Some(3.0));
    assert_eq!(value(page, "xentri_leases_held", &[("duty", "work")]), Some(8.0));
    assert_eq!(value(page, "xentri_leases_held", &[("duty", "relay")]), Some(8.0));
    assert_eq!(value(page, "xentri_relay_kafka_away", &[]), Some(0.0));
    assert_eq!(value(page, "xentri_parked_events", &[("projection", "leads")]), Some(0.0));
    assert!(value(page, "process_resident_memory_bytes", &[]) > Some(1e6));
}
