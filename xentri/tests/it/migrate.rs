//! `xentri migrate` as an operator sees it.

use serde_json::Value;
use xentri_testkit::TestDb;

use crate::process::{output, xentri};

fn migrate(db: &TestDb, arguments: &[&str]) -> String {
    let mut command = xentri(["migrate"]);
    let output = output(command.args(arguments).env("XENTRI_MIGRATE_URL", db.admin_url()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_plan_is_printed_then_applied_then_there_is_nothing_to_do() {
    let db = TestDb::empty().await;
    let planned = migrate(&db, &["--plan"]);
    assert!(planned.starts_with("20261121080000 org scope\n20261121080100 event\n"), "{planned}");
    assert!(planned.ends_with("planned only: nothing was changed\n"), "{planned}");
    let sql = migrate(&db, &["--plan", "--sql"]);
    assert!(sql.contains("create table event ("), "{sql}");
    let applied = migrate(&db, &[]);
    assert!(
        applied.starts_with("20261121080000 org scope\n") && applied.ends_with(" applied\n"),
        "{applied}"
    );
    assert_eq!(migrate(&db, &[]), "nothing to do\n");
}

#[tokio::test]
async fn programs_get_json() {
    let db = TestDb::empty().await;
    let planned: Value = serde_json::from_str(&migrate(&db, &["--plan", "--json"])).unwrap();
    let applied: Value = serde_json::from_str(&migrate(&db, &["--json"])).unwrap();
    assert_eq!(planned["planned"], applied["applied"]);
    assert_eq!(applied["applied"][0]["name"], "org scope");
}
