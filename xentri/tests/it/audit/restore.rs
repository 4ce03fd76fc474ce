//! `xentri ledger new-epoch`, and what was signed about events that a restore has lost.

use serde_json::{Value, json};
use xentri_testkit::postgres_url;

use super::{Audited, said};
use crate::process::{Running, data_dir, output, xentri};

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restore_a_new_epoch_begins_and_what_was_signed_is_taken_back() {
    let audited = Audited::robbed().await;
    audited.lead().await;
    audited.print(&["checkpoint"]);
    // What a restore to an earlier point would have left.
    audited.tamper("delete from event where org_seq = 3").await;
    assert_eq!(audited.say(&["verify"]).code, Some(1));
    let early = audited.say(&["checkpoint", "--after-restore"]);
    assert!(early.code == Some(1) && early.error.contains("begin a new epoch first"), "{early:?}");

    let mut command = audited.command(&["ledger", "new-epoch", "--json"]);
    let epoch = said(command.env("XENTRI_MIGRATE_URL", audited.server.admin_url()));
    assert_eq!((epoch.code, epoch.error.as_str()), (Some(0), ""));
    let epoch: Value = serde_json::from_str(&epoch.out).unwrap();
    assert_eq!((&epoch["epoch"], epoch["shards"].as_array().unwrap().len()), (&json!(2), 8));
    let starts: u64 =
        epoch["shards"].as_array().unwrap().iter().map(|one| one["start"].as_u64().unwrap()).sum();
    assert_eq!(starts, 2);

    let back = audited.json(&["checkpoint", "--after-restore"]);
    let one = &back["signed"][0];
    assert_eq!((&one["restored"], &one["org_seq"]), (&json!(true), &json!(2)));
    assert_eq!(audited.json(&["verify"])["events"], json!(2));
    audited.lead().await;
    assert_eq!(audited.json(&["verify"])["shards"][0]["epoch"], json!(2));
    assert_eq!(audited.json(&["checkpoint"])["signed"][0]["org_seq"], json!(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_postgres_is_started_for_it_and_not_under_a_running_system() {
    let data = data_dir();
    let words = ["ledger", "new-epoch", "--data", data.path().to_str().unwrap()];
    let running = Running::up(data.path());
    let refused = said(&mut xentri(words));
    assert!(refused.code == Some(1) && refused.error.contains("another `xentri up` runs on"), "{refused:?}");
    running.signal("INT");
    assert!(running.end().success());
    let begun = output(&mut xentri(words));
    let text = String::from_utf8(begun.stdout).unwrap();
    assert!(begun.status.success() && text.starts_with("epoch 2 begins on 8 shards;"), "{text}");
    drop(Running::up(data.path()));
}

#[test]
fn without_a_login_that_migrates_it_says_what_to_name() {
    let data = data_dir();
    let mut command = xentri(["ledger", "new-epoch"]);
    let said = said(command.env("DATABASE_URL", postgres_url()).current_dir(data.path()));
    assert!(said.code == Some(1) && said.error.contains("set XENTRI_MIGRATE_URL"), "{said:?}");
}
