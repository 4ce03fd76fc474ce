//! Test vectors for whoever verifies or writes our bytes in another language.
//!
//! `vectors/bodies/` has every sample with another spelling of it and its hash, `vectors/chain.json` a chain of
//! events with their wire forms; both are generated. `vectors/spelling.json` and `vectors/sealed.json` are ours.

use std::process::Command;

use serde_json::{Value, json};
use xentri_domain::kernel::{Personal, Text, Timestamp};
use xentri_schemas::{Digest, LedgerMark, Recorded};

use crate::files::{read, read_json, root};
use crate::samples::{self, bodies, envelope};

pub(crate) fn body_path(payload_schema: &str) -> String {
    format!("vectors/bodies/{payload_schema}.json")
}

/// Paths and contents of the generated ones.
pub(crate) fn all() -> Vec<(String, Value)> {
    let mut files: Vec<_> = samples::names()
        .into_iter()
        .map(|name| (body_path(&name), bodies(&name).iter().map(|body| vector(body)).collect()))
        .collect();
    files.push(("vectors/chain.json".to_owned(), chain()));
    files
}

/// The same values, with the fields in another order and the moment at another offset.
fn vector(body: &str) -> Value {
    let mut input: Value = serde_json::from_str(body).unwrap();
    let moment = input["occurred_at"].as_str().unwrap().replace('Z', "+00:00");
    input["occurred_at"] = moment.into();
    json!({ "input": input, "body": body, "sha256": Digest::of(body) })
}

/// Across a change of the epoch, and with two events in one microsecond.
fn chain() -> Value {
    let places = [
        ("org.created@1.0", 0, 0, 1, "2026-01-31T09:30:00.250001Z"),
        ("lead.created@1.0", 1, 0, 2, "2026-01-31T09:30:00.250001Z"),
        ("lead.note_added@1.0", 2, 1, 3, "2026-02-01T00:00:00.000000Z"),
        ("deal.won@1.0", 0, 1, 4, "2026-02-01T00:00:00.000001Z"),
    ];
    let mut previous = Digest::GENESIS;
    let events = places.iter().map(|&(schema, line, epoch, org_seq, at)| {
        let body = bodies(schema)[line].clone();
        let recorded_at: Timestamp = at.parse().unwrap();
        let hash = previous.next(epoch, org_seq, recorded_at, Digest::of(&body));
        let wire = Recorded { recorded_at, ledger: LedgerMark { epoch, org_seq, hash } }.wire(&body);
        let event = json!({
            "previous": previous, "epoch": epoch, "org_seq": org_seq, "recorded_at": recorded_at,
            "recorded_at_us": recorded_at.as_micros(), "body": body, "body_sha256": Digest::of(&body), "hash": hash,
            "wire": wire,
        });
        previous = hash;
        event
    });
    events.collect()
}

fn list(path: &str) -> Vec<Value> {
    read_json(path).unwrap_or_else(|| panic!("schemas/{path} is missing")).as_array().unwrap().clone()
}

#[test]
fn every_input_is_written_as_its_body() {
    let mut vectors: Vec<Value> = samples::names().iter().flat_map(|name| list(&body_path(name))).collect();
    vectors.extend(list("vectors/spelling.json"));
    for vector in vectors {
        let body = vector["body"].as_str().unwrap();
        let schema = &serde_json::from_str::<Value>(body).unwrap()["payload_schema"];
        assert_eq!(vector["sha256"], json!(Digest::of(body)), "{body}");
        let input = vector["input"].as_str().map_or_else(|| vector["input"].to_string(), str::to_owned);
        if xentri_domain::registry::event_kinds().any(|kind| kind.schema == schema) {
            assert_eq!(envelope(&input).write_body().unwrap(), body);
        }
    }
}

#[test]
fn the_chain_holds_and_every_wire_form_is_cut_where_it_was_joined() {
    let mut previous = Digest::GENESIS;
    for event in list("vectors/chain.json") {
        let (body, recorded) = Recorded::split(event["wire"].as_str().unwrap()).unwrap();
        assert_eq!(event["body"], body);
        assert_eq!(event["recorded_at_us"], recorded.recorded_at.as_micros());
        let LedgerMark { epoch, org_seq, hash } = recorded.ledger;
        assert_eq!(previous.next(epoch, org_seq, recorded.recorded_at, Digest::of(&body)), hash);
        assert_eq!(recorded.wire(&body), event["wire"].as_str().unwrap());
        previous = hash;
    }
}

#[test]
fn sealed_values_are_spelled_as_the_vectors_say() {
    for vector in list("vectors/sealed.json") {
        let written = &vector["written"];
        let value: Personal<Text<9>> = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(value.is_forgotten(), vector["bytes"].is_null());
        assert_eq!(serde_json::to_value(&value).unwrap(), *written);
    }
}

#[test]
fn the_script_for_integrators_agrees() {
    assert!(read("vectors/check.py").is_some_and(|script| script.lines().count() <= 60));
    let script = root().join("vectors/check.py");
    let run = Command::new("python3").arg(script).output();
    let output = run.expect("python3 is needed for the vectors' script: apt-get install python3");
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{said}");
}
