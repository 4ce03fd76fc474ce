//! A ledger that is as it was recorded, and one that is not.

use serde_json::json;
use sqlx::{AssertSqlSafe, Executor as _};
use uuid::Uuid;

use super::{Audited, said, shows_nobody};
use crate::process::xentri;

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_is_as_it_was_recorded_verifies_beside_its_server() {
    let audited = Audited::new().await;
    audited.lead().await;
    let said = audited.print(&["verify"]);
    assert!(said.starts_with("3 events of 1 org on 1 shard fit, in "), "{said}");
    assert!(said.contains(" a second\nnothing was signed yet"), "{said}");
    let whole = audited.json(&["verify", "--all"]);
    assert_eq!((&whole["fits"], &whole["events"], &whole["orgs"]), (&json!(true), &json!(3), &json!(1)));
    assert_eq!(whole["checkpoints"], json!(null));

    let signed = audited.json(&["checkpoint"]);
    assert_eq!(
        (&signed["signed"][0]["org_id"], &signed["signed"][0]["org_seq"]),
        (&json!(audited.org()), &json!(3))
    );
    assert_eq!(audited.json(&["checkpoint"])["signed"], json!([]), "nothing is new");
    let key = audited.print(&["key"]);
    assert_eq!((json!(key.trim()), key.len()), (signed["public_key"].clone(), 65));

    let org = audited.json(&["verify", "--org", audited.org()]);
    assert_eq!((&org["events"], &org["head"]), (&json!(3), &signed["signed"][0]["hash"]));
    let file = audited.file("checkpoints.jsonl");
    assert_eq!(org["checkpoints"], json!(file));
    let held = format!("held against the checkpoints in {}\n", file.display());
    assert!(audited.print(&["verify"]).ends_with(&held));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tampered_event_is_named_and_nothing_is_signed_or_exported() {
    let audited = Audited::robbed().await;
    audited.lead().await;
    audited
        .tamper("update event set body = replace(body, 'lead.capture', 'lead.captive') where org_seq = 2")
        .await;
    let org = audited.org();
    let named = format!("does not fit: event number 2 of org {org}, shard ");
    for words in [vec!["verify"], vec!["verify", "--org", org]] {
        let said = audited.say(&words);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.out.starts_with(&named), "{said:?}");
        assert!(said.out.contains("its body, its epoch or its time was changed"), "{said:?}");
        assert_eq!(said.error, "xentri: the ledger is not as it was recorded: 1 finding\n");
    }
    let said = audited.say(&["verify", "--json"]);
    let found: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &found["fits"]), (Some(1), &json!(false)));
    assert_eq!((&found["findings"][0]["org_seq"], &found["findings"][0]["org_id"]), (&json!(2), &json!(org)));

    let said = audited.say(&["checkpoint"]);
    assert!(said.code == Some(1) && said.out.starts_with(&named), "{said:?}");
    assert_eq!(std::fs::read(audited.file("checkpoints.jsonl")).unwrap(), b"");
    let said = audited.say(&["export", "--org", org, "--out", "org.jsonl.zst"]);
    assert!(said.code == Some(1) && said.error.contains("nothing was exported"), "{said:?}");
    assert!(!audited.file("org.jsonl.zst").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_was_cut_off_is_missed_by_what_was_signed() {
    let audited = Audited::robbed().await;
    audited.lead().await;
    let copy = audited.file("elsewhere.jsonl");
    audited.print(&["checkpoint", "--copy", copy.to_str().unwrap()]);
    audited.tamper("delete from event where org_seq = 3").await;
    let said = audited.say(&["verify"]);
    assert!(said.code == Some(1) && said.out.contains("event number 3"), "{said:?}");
    assert!(said.out.contains("it is gone: a checkpoint signed at"), "{said:?}");

    // Whoever did it deleted what was signed, too, but not the copy.
    std::fs::remove_file(audited.file("checkpoints.jsonl")).unwrap();
    assert_eq!(audited.say(&["verify"]).code, Some(0));
    let copy = ["verify", "--org", audited.org(), "--checkpoints", copy.to_str().unwrap()];
    assert!(audited.say(&copy).out.contains("it is gone"));
}

/// An auditor from outside gets a login of this kind, and no master key.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_may_become_the_auditor_alone_verifies_and_reads_but_opens_nothing() {
    let audited = Audited::new().await;
    let lead = audited.lead().await;
    let login = format!("auditor_{}", Uuid::new_v4().simple());
    let mut admin = audited.server.database().await;
    let make =
        format!("create role {login} login noinherit password 'test'; grant xentri_auditor to {login}");
    admin.execute(AssertSqlSafe(make)).await.unwrap();
    let url = audited.server.database_url().replace("xentri_server:", &format!("{login}:"));
    let (org, stream) = (audited.org(), format!("lead/{lead}"));
    let run = |words: &[&str]| {
        let mut command = xentri(["audit"].into_iter().chain(words.iter().copied()));
        said(command.env("DATABASE_URL", &url).current_dir(audited.files.path()))
    };
    for words in [
        vec!["verify"],
        vec!["verify", "--org", org],
        vec!["show", "--org", org, &stream],
        vec!["show", "--org", org, &format!("org/{org}")],
    ] {
        let said = run(&words);
        assert_eq!((said.code, said.error.as_str()), (Some(0), ""), "{words:?}");
        shows_nobody(&said.out);
    }
    let opened = run(&["show", "--org", org, &stream, "--show-personal"]);
    assert!(opened.code == Some(1) && opened.error.contains("no master key is named"), "{opened:?}");
    let person = run(&["person", "--org", org, &lead]);
    assert!(person.code == Some(1) && person.error.contains("permission denied"), "{person:?}");
    admin.execute(AssertSqlSafe(format!("drop role {login}"))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_in_a_line() {
    let audited = Audited::new().await;
    let (org, nobody) = (audited.org().to_owned(), Uuid::now_v7().to_string());
    let refused = |words: &[&str]| {
        let said = audited.say(words);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{said:?}");
        said.error
    };
    assert_eq!(refused(&["verify", "--org", &nobody]), format!("xentri: there is no org {nobody}\n"));
    let lead = format!("lead/{nobody}");
    assert_eq!(refused(&["show", "--org", &org, &lead]), format!("xentri: {org} has no {lead}\n"));
    assert_eq!(
        refused(&["trace", "--org", &org, &nobody]),
        format!("xentri: nothing in {org} belongs to {nobody}\n")
    );
    assert_eq!(
        refused(&["person", "--org", &org, &nobody]),
        format!("xentri: {org} has no data about {nobody}\n")
    );
    let nothing = audited.say(&["show", "--org", &org, "cake/1"]);
    assert_eq!(nothing.code, Some(2));
    assert!(nothing.error.contains("cake is no type of stream"), "{nothing:?}");
}
