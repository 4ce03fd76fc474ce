//! Golden samples: every version of every event as it was once written. They must be readable for ever.
//!
//! `samples/events/{payload_schema}.jsonl` holds one body per line, to the byte: the first with every field and all
//! open, then with what is personal sealed and forgotten, then whatever else is worth keeping.
//! `samples/commands/{command}.json` holds one full body.

use serde_json::Value;
use xentri_domain::aggregate::{EventKind, HoldsPersonal};
use xentri_domain::kernel::StreamId;
use xentri_domain::registry::{Event, event_kinds};
use xentri_schemas::{Digest, Envelope, LedgerMark, Reading, Recorded, dataschema};

use crate::files::{self, read};

pub(crate) fn event_path(payload_schema: &str) -> String {
    format!("samples/events/{payload_schema}.jsonl")
}

pub(crate) fn command_path(name: &str) -> String {
    format!("samples/commands/{name}.json")
}

/// Of every version that has samples.
pub(crate) fn names() -> Vec<String> {
    files::names("samples/events", ".jsonl")
}

pub(crate) fn bodies(payload_schema: &str) -> Vec<String> {
    read(&event_path(payload_schema)).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Of the first sample.
pub(crate) fn payload(payload_schema: &str) -> Option<Value> {
    let body: Value = serde_json::from_str(bodies(payload_schema).first()?).unwrap();
    Some(body["payload"].clone())
}

pub(crate) fn envelope(body: &str) -> Envelope {
    match Reading::of(body) {
        Ok(Reading::Event(envelope)) => *envelope,
        other => panic!("{other:?}\n{body}"),
    }
}

/// Where its personal fields are, and the fields' forms.
pub(crate) fn personal(event: &Event) -> Vec<(String, &'static str)> {
    let mut fields = Vec::new();
    event.clone().visit_personal(&mut |pointer, field| {
        let form = match (field.open_text(), field.sealed()) {
            (Some(_), _) => "open",
            (_, Some(_)) => "sealed",
            _ => "forgotten",
        };
        fields.push((pointer.to_owned(), form));
    });
    fields
}

#[test]
fn every_sample_is_read_and_written_to_the_same_bytes() {
    for name in names() {
        let current = event_kinds().any(|kind| kind.schema == name);
        for (n, body) in bodies(&name).iter().enumerate() {
            let line = format!("{}, line {}", event_path(&name), n + 1);
            let frame: Value = serde_json::from_str(body).unwrap();
            assert_eq!(frame["payload_schema"], *name, "{line}");
            let envelope = match Reading::of(body) {
                Ok(Reading::Event(envelope)) => envelope,
                Ok(other) => panic!("{line}: {other:?}"),
                Err(error) => panic!("{line}: {error}: {:?}", std::error::Error::source(&error)),
            };
            let written = envelope.write_body().unwrap();
            // What is read of an older version is today's event.
            if current {
                assert_eq!(written, *body, "{line}");
            }
            assert_eq!(self::envelope(&written), *envelope, "{line}");
        }
    }
}

#[test]
fn the_first_sample_has_every_field_and_the_others_every_form() {
    for kind in event_kinds() {
        let bodies = bodies(kind.schema);
        let Some(first) = bodies.first() else { continue };
        let path = event_path(kind.schema);
        let frame: Value = serde_json::from_str(first).unwrap();
        for field in ["dedupe_key", "correlation_id", "causation_id", "trace_id"] {
            assert!(frame.get(field).is_some(), "{path}: the first sample has no {field}");
        }
        let schema: Value =
            serde_json::from_str(&read(&crate::generated::events_path(kind.schema)).unwrap()).unwrap();
        for field in schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name) {
            assert!(frame["payload"].get(field).is_some(), "{path}: the first sample has no payload/{field}");
        }
        every_form_of(kind, &bodies);
    }
}

fn every_form_of(kind: &EventKind, bodies: &[String]) {
    let forms: Vec<Vec<_>> = bodies.iter().map(|body| personal(&envelope(body).payload)).collect();
    if forms[0].is_empty() {
        return;
    }
    for wanted in ["open", "sealed", "forgotten"] {
        let all_so = |fields: &Vec<(String, &str)>| {
            fields.len() == forms[0].len() && fields.iter().all(|(_, form)| *form == wanted)
        };
        assert!(
            forms.iter().any(all_so),
            "{}: none has everything personal {wanted}",
            event_path(kind.schema)
        );
    }
}

#[test]
fn every_wire_form_fits_its_published_schema() {
    let ledger = LedgerMark { epoch: 0, org_seq: 1, hash: Digest::of("") };
    let recorded = Recorded { recorded_at: "2026-01-31T09:30:00.25Z".parse().unwrap(), ledger };
    for name in names() {
        let schema = dataschema(&name).unwrap_or_else(|| panic!("{name} has no schema"));
        let validator = jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        for body in bodies(&name) {
            let wire: Value = serde_json::from_str(&recorded.wire(&body)).unwrap();
            let errors: Vec<_> =
                validator.iter_errors(&wire).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{name}: {errors:#?}");
        }
        let mut other = serde_json::from_str::<Value>(&recorded.wire(&bodies(&name)[0])).unwrap();
        other["payload_schema"] = "lead.imagined@1.0".into();
        assert!(!validator.is_valid(&other), "{name} takes another event's payload");
    }
}

/// Readers are older than writers for as long as a release takes to roll out. Amounts, sealed values and the sections of a
/// brief are no objects that grow.
#[test]
fn an_event_with_fields_that_are_new_to_us_is_read_all_the_same() {
    for name in names() {
        let Some(today) = event_kinds().find(|kind| kind.schema == name) else { continue };
        let mut newer = payload(&name).unwrap();
        add_a_field(&mut newer);
        let read = Event::read_payload(today.type_name, newer).unwrap();
        assert!(read.is_ok(), "{name}: {}", read.unwrap_err());
    }
}

fn add_a_field(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(add_a_field),
        Value::Object(fields) => {
            let has = |name| fields.contains_key(name);
            let amount = fields.len() == 2 && has("amount") && has("currency");
            let closed = amount || has("$p") || has("identity");
            fields.values_mut().for_each(add_a_field);
            if !closed {
                fields.insert("new_to_us".into(), true.into());
            }
        }
        _ => {}
    }
}

/// Whoever learns from a sample how a natural id is made must come to the same one.
#[test]
fn natural_ids_in_samples_are_those_of_their_keys() {
    for name in names() {
        for body in bodies(&name) {
            let envelope = envelope(&body);
            let payload: Value = serde_json::from_str::<Value>(&body).unwrap()["payload"].clone();
            let stream_type = envelope.payload.kind().stream_type;
            let key = match stream_type {
                "brief" => "brief".to_owned(),
                "slug" => payload["slug"].as_str().unwrap().to_owned(),
                "invoice_number" => payload["year"].to_string(),
                "page_path" => payload["site_id"].as_str().unwrap().to_owned(),
                _ => continue,
            };
            assert_eq!(envelope.stream_id, StreamId::natural(envelope.org_id, stream_type, &key), "{name}");
        }
    }
}
