//! The files themselves: what programs of others read in them, and when there is none.

use std::process::Command;

use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{Files, ask_after, lines, now};
use crate::analysts::PYTHON;
use crate::http::support::Server;
use crate::process::{output, refusal};

const PIPELINE: &str =
    "{ leads(first: 1) { totalCount } pipeline { state currency leads value { amount } } }";

/// Rows, types and sums, as `DuckDB` reads them, of a Parquet file that says what the file of JSON lines says.
fn read_by_duckdb(files: &Files, name: &str) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/replay/same_rows.py");
    let mut python = Command::new(&*PYTHON);
    python.arg(script).arg(files.path(&format!("{name}.parquet"))).arg(files.path(&format!("{name}.jsonl")));
    let output = output(&mut python);
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parquet_file_read_by_duckdb_has_the_rows_and_the_sum_that_graphql_has() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let files = Files::new();
    for amount in [120_000, 35_000, 1] {
        let lead = json!({ "name": "Łukasz \"Ægir\"", "email": "l@example.com", "source": "import",
            "value": { "amount": amount, "currency": "EUR" } });
        owner.make("/sales/leads", &lead).await;
    }
    let without_value = json!({ "name": "Ω", "source": "form" });
    let done = owner.give("/sales/leads", &without_value).await.done(201).clone();
    for ending in ["jsonl", "parquet"] {
        let (out, sums) = (format!("leads.{ending}"), files.path(&format!("pipeline.{ending}")));
        let words = ["leads", "--org", &owner.org, "--show-personal", "--sums", sums.to_str().unwrap()];
        let said = files.replay(&server, &words, &out);
        assert_eq!((&said["files"][0]["rows"], &said["files"][1]["table"]), (&json!(4), &json!("pipeline")));
        assert_eq!((&said["org_seq"], &said["held"]), (&done["org_seq"], &json!([])));
    }
    let asked = ask_after(&done, &owner, PIPELINE, &json!({})).await;
    let of_graphql: i64 = asked["pipeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|stage| stage["value"]["amount"].as_i64())
        .sum();
    let leads = read_by_duckdb(&files, "leads");
    assert_eq!(leads["rows"], asked["leads"]["totalCount"]);
    assert_eq!((&leads["sums"]["value_amount"], of_graphql), (&json!(155_001), 155_001));
    for (column, of_type) in [
        ("org_id", "UUID"),
        ("version", "BIGINT"),
        ("created_at", "TIMESTAMP WITH TIME ZONE"),
        ("name", "VARCHAR"),
        ("forgotten", "BOOLEAN"),
        ("score", "INTEGER"),
        ("proposal_until", "DATE"),
        ("follow_ups", "JSON"),
    ] {
        assert_eq!(leads["types"][column], of_type, "{column}");
    }
    let about = &leads["about"];
    assert_eq!((&about["xentri.projection"], &about["xentri.org"]), (&json!("leads"), &json!(owner.org)));
    assert_eq!(about["xentri.org_seq"], done["org_seq"].to_string());
    let pipeline = read_by_duckdb(&files, "pipeline");
    assert_eq!((&pipeline["sums"]["leads"], &pipeline["sums"]["amount"]), (&json!(4), &json!(155_001)));
}

/// Every type of column there is, and nulls in those that may have some.
#[tokio::test(flavor = "multi_thread")]
async fn both_forms_of_every_table_say_the_same() {
    let server = Server::with(&[]).await;
    let owner = server.owner().await;
    let files = Files::new();
    let (lead, invoice) = (owner.lead().await, owner.invoice().await);
    owner.give(&format!("/finance/invoices/{invoice}/issue"), &json!({})).await.done(200);
    owner.give(&format!("/sales/leads/{lead}/log-contact"), &json!({ "channel": "email" })).await.done(200);
    let site = owner.make("/brand/sites", &json!({ "name": "Bread", "slug": "bread" })).await;
    let page = json!({ "site_id": site, "path": "/", "title": "Bread", "blocks": [] });
    owner.make("/brand/pages", &page).await;
    owner.give("/strategy/brief/start", &json!({})).await.done(201);
    let then = now(&mut server.database().await).await;
    let tables = xentri_projections::read_models().into_iter().flat_map(|model| model.tables());
    for table in tables.filter(|table| *table != "pulse_dismissals") {
        for ending in ["jsonl", "parquet"] {
            files.replay(
                &server,
                &[table, "--org", &owner.org, "--until", &then],
                &format!("{table}.{ending}"),
            );
        }
        let rows = read_by_duckdb(&files, table)["rows"].as_u64().unwrap();
        assert!(rows > 0, "{table} is empty");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_what_there_is_not_gets_a_reason_and_no_file() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let files = Files::new();
    let org = ["--org", owner.org.as_str()];
    let nobody = Uuid::now_v7().to_string();
    let refused = |words: &[&str], name: &str| refusal(&mut files.command(&server, words, name));
    let said = refused(&[&["lead"], &org[..]].concat(), "a.jsonl");
    assert!(said.contains("there is no lead; there are audit"), "{said}");
    let said = refused(&["leads", "--org", &nobody], "a.jsonl");
    assert!(said.contains(&format!("there is no org {nobody}")), "{said}");
    let said = refused(&[&["leads"], &org[..]].concat(), "a.csv");
    assert!(said.contains("--format"), "{said}");
    let said = refused(&[&["leads"], &org[..]].concat(), "nowhere/a.jsonl");
    assert!(said.contains("can't write into"), "{said}");
    let said = refused(&[&["org", "--sums", "sums.jsonl"], &org[..]].concat(), "a.jsonl");
    assert!(said.contains("no sums"), "{said}");
    assert_eq!(files.names(), Vec::<String>::new(), "nothing is left behind");
}

/// A file that was there stays until the new one is whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_takes_the_place_of_the_old_and_nothing_else_is_left() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let files = Files::new();
    std::fs::write(files.path("leads.jsonl"), "what was there").unwrap();
    refusal(&mut files.command(&server, &["leads", "--org", &Uuid::now_v7().to_string()], "leads.jsonl"));
    assert_eq!(std::fs::read_to_string(files.path("leads.jsonl")).unwrap(), "what was there");
    let lead = owner.lead().await;
    let output = output(&mut files.command(&server, &["leads", "--org", &owner.org], "leads.jsonl"));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("leads.jsonl: 1 rows of leads, ") && said.contains("as of event 2 of the org"),
        "{said}"
    );
    let rows = lines(&files.path("leads.jsonl"));
    assert_eq!((rows.len(), &rows[0]["id"], files.names().len()), (1, &json!(lead), 1));
}
