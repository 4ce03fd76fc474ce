//! An export, verified by somebody who has the file and the public key and nothing else.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{Audited, Said, said, shows_nobody};
use crate::process::xentri;

const OUT: &str = "org.jsonl.zst";

/// In an environment that names no database and no key.
fn offline(file: &Path, words: &[&str]) -> Said {
    let bundle = ["audit", "verify", "--bundle", file.to_str().unwrap()];
    said(xentri(bundle.into_iter().chain(words.iter().copied())).current_dir(file.parent().unwrap()))
}

/// One that is written, and the public key.
async fn exported() -> (Audited, String) {
    let audited = Audited::new().await;
    let lead = audited.lead().await;
    audited.bill(&lead).await;
    let made = audited.json(&["export", "--org", audited.org(), "--out", OUT]);
    assert_eq!((&made["org_id"], &made["file"]), (&json!(audited.org()), &json!(OUT)));
    let key = made["public_key"].as_str().unwrap().to_owned();
    (audited, key)
}

fn lines(file: &Path) -> String {
    String::from_utf8(zstd::decode_all(fs::File::open(file).unwrap()).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_verified_offline_and_shows_nobody() {
    let (audited, key) = exported().await;
    let file = audited.file(OUT);
    let verified = offline(&file, &["--public-key", &key, "--json"]);
    assert_eq!((verified.code, verified.error.as_str()), (Some(0), ""));
    let verified: Value = serde_json::from_str(&verified.out).unwrap();
    assert_eq!((&verified["fits"], &verified["org_id"]), (&json!(true), &json!(audited.org())));
    let head = audited.json(&["verify", "--org", audited.org()]);
    assert!(verified["events"].as_u64().unwrap() >= 6, "{verified}");
    // A reactor may have gone on since.
    assert!(head["events"].as_u64() >= verified["events"].as_u64(), "{head} {verified}");
    let text = offline(&file, &["--public-key", &key]).out;
    let events = format!("{} events of {} fit, head ", verified["events"], audited.org());
    assert!(text.starts_with(&events) && text.contains("\nexported at "), "{text}");
    shows_nobody(&lines(&file));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_names_its_line_and_its_event() {
    let (audited, key) = exported().await;
    let file = audited.file(OUT);
    let changed = lines(&file).replacen("lead.capture", "lead.captive", 1);
    fs::write(&file, zstd::encode_all(changed.as_bytes(), 0).unwrap()).unwrap();
    let found = offline(&file, &["--public-key", &key]);
    assert_eq!(found.code, Some(1));
    let named = format!("does not fit: line 3 of the export: event number 2 of org {}, id ", audited.org());
    assert!(found.out.starts_with(&named), "{found:?}");
    assert_eq!(found.error, "xentri: the export is not as it was written\n");
    let found: Value = serde_json::from_str(&offline(&file, &["--public-key", &key, "--json"]).out).unwrap();
    let first = &found["findings"][0];
    assert_eq!((&found["fits"], &first["line"], &first["org_seq"]), (&json!(false), &json!(3), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_has_not_signed_it_and_without_one_nothing_is_believed() {
    let (audited, key) = exported().await;
    let file = audited.file(OUT);
    let example = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
    let other = offline(&file, &["--public-key", example]);
    assert!(other.code == Some(1) && other.out.contains("which is not one of those given"), "{other:?}");
    let none = offline(&file, &[]);
    assert!(none.code == Some(2) && none.error.contains("--public-key"), "{none:?}");
    // One of several is enough: keys are changed now and then.
    assert_eq!(offline(&file, &["--public-key", example, "--public-key", &key]).code, Some(0));

    // An end that was cut off can be signed anew by whoever has the key; what was signed before tells.
    audited.print(&["checkpoint", "--checkpoints", "earlier.jsonl"]);
    let fits = offline(&file, &["--public-key", &key, "--checkpoints", "earlier.jsonl"]);
    assert!(fits.code == Some(0) || fits.out.contains("it is gone"), "{fits:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_there_is_left_alone() {
    let audited = Audited::new().await;
    fs::write(audited.file(OUT), "mine").unwrap();
    let said = audited.say(&["export", "--org", audited.org(), "--out", OUT]);
    assert!(said.code == Some(1) && said.error.contains("can't make org.jsonl.zst"), "{said:?}");
    assert_eq!(fs::read(audited.file(OUT)).unwrap(), b"mine");
}
