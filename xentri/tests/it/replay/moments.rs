//! As it was then.

use serde_json::{Value, json};

use super::support::{Files, ask_after, now};
use crate::http::support::{Caller, Server};

const STATE: &str = "query($id: UUID!, $time: DateTime!) { \
     aggregateAt(streamType: \"lead\", streamId: $id, time: $time) { version state } }";

/// One that is contacted, qualified, gets a proposal and is won; and when each of that was done.
async fn life(server: &Server, owner: &Caller) -> (String, Vec<String>, Value) {
    let mut database = server.database().await;
    let before = now(&mut database).await;
    let lead = owner.lead().await;
    let mut moments = vec![before, now(&mut database).await];
    let mut last = Value::Null;
    for (command, body) in [
        ("log-contact", json!({ "channel": "email" })),
        ("qualify", json!({ "score": 80, "reason": "wants bread" })),
        (
            "send-proposal",
            json!({ "amount": { "amount": 5000, "currency": "EUR" }, "valid_until": "2999-01-01" }),
        ),
        ("win", json!({ "amount": { "amount": 4200, "currency": "EUR" } })),
    ] {
        last = owner.give(&format!("/sales/leads/{lead}/{command}"), &body).await.done(200).clone();
        moments.push(now(&mut database).await);
    }
    (lead, moments, last)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_in_a_file_of_any_moment_is_what_its_history_says_of_that_moment() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let files = Files::new();
    let (lead, moments, last) = life(&server, &owner).await;
    let mut states = Vec::new();
    for (place, moment) in moments.iter().enumerate() {
        let rows = files.rows(&server, &["leads", "--org", &owner.org, "--until", moment]);
        let then = ask_after(&last, &owner, STATE, &json!({ "id": lead, "time": moment })).await;
        if place == 0 {
            assert_eq!((rows.len(), &then["aggregateAt"]), (0, &Value::Null));
            continue;
        }
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        let aggregate = &then["aggregateAt"];
        assert_eq!((&row["id"], &row["version"]), (&json!(lead), &aggregate["version"]), "{row}");
        assert_eq!(
            (&row["state"], &row["score"]),
            (&aggregate["state"]["status"], &aggregate["state"]["score"])
        );
        assert_eq!(row["value_amount"], aggregate["state"]["value"]["amount"], "{aggregate}");
        states.push(row["state"].as_str().unwrap().to_owned());
        // The org itself is its first event.
        let number = (place + 1).to_string();
        let by_number = files.rows(&server, &["leads", "--org", &owner.org, "--org-seq", &number]);
        assert_eq!(by_number, rows, "after {number} events");
    }
    assert_eq!(states, ["new", "contacted", "qualified", "proposal", "won"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sums_of_a_moment_are_those_of_its_rows() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let files = Files::new();
    let (_, moments, _) = life(&server, &owner).await;
    for moment in &moments {
        let leads = files.rows(&server, &["leads", "--org", &owner.org, "--until", moment]);
        let pipeline = files.rows(&server, &["pipeline", "--org", &owner.org, "--until", moment]);
        assert_eq!(pipeline.len(), leads.len(), "one lead at the most, and so one state: {pipeline:?}");
        for (stage, lead) in pipeline.iter().zip(&leads) {
            assert_eq!((&stage["state"], &stage["leads"]), (&lead["state"], &json!(1)));
            assert_eq!(stage["amount"], json!(lead["value_amount"].as_i64().unwrap_or(0)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_moment_makes_the_same_bytes_whatever_happens_afterwards() {
    let server = Server::with(&[]).await;
    let (owner, other) = (server.owner().await, server.owner().await);
    let files = Files::new();
    let (lead, _, _) = life(&server, &owner).await;
    let invoice = owner.invoice().await;
    other.lead().await;
    let then = now(&mut server.database().await).await;
    let tables = ["leads", "pipeline", "invoices", "audit"];
    let write = |name: &str, until: &[&str]| {
        let mut written = Vec::new();
        for table in tables {
            for ending in ["jsonl", "parquet"] {
                for whose in [&["--all"][..], &["--org", &owner.org]] {
                    let name = format!("{name}-{table}-{}.{ending}", whose.len());
                    files.replay(&server, &[&[table], whose, until].concat(), &name);
                    written.push((table, std::fs::read(files.path(&name)).unwrap()));
                }
            }
        }
        written
    };
    let first = write("first", &["--until", &then]);
    owner.give(&format!("/sales/leads/{lead}/add-note"), &json!({ "note": "likes rye" })).await.done(200);
    owner.give(&format!("/finance/invoices/{invoice}/issue"), &json!({})).await.done(200);
    other.lead().await;
    let again = write("again", &["--until", &then]);
    let now = write("now", &[]);
    assert_eq!(first.len(), 16);
    for (place, (table, bytes)) in first.iter().enumerate() {
        assert!(*bytes == again[place].1, "{table}: another file of the same moment");
        assert!(bytes.len() > 50, "{table}: there is something in it");
    }
    let changed = first.iter().zip(&now).filter(|(then, now)| then.1 != now.1).map(|(then, _)| then.0);
    let changed: std::collections::BTreeSet<_> = changed.collect();
    assert!(
        ["leads", "pipeline", "invoices", "audit"].iter().all(|table| changed.contains(table)),
        "{changed:?}"
    );
}
