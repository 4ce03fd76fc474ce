//! What the golden samples don't show: what is refused, passed over, or stops a reader.

use serde::Serialize;
use serde_json::{Value, json};
use xentri_domain::registry::Event;

use super::body::write_canonical;
use super::{BODY_MAX, BodyError, Digest, Environment, LedgerMark, ReadError, Reading, Recorded, WireError};

const NOTE: &str = include_str!("../../samples/events/lead.note_added@1.0.jsonl");

fn note() -> Value {
    serde_json::from_str(NOTE.lines().next().unwrap()).unwrap()
}

fn reading(body: &Value) -> Result<Reading, ReadError> {
    Reading::of(&body.to_string())
}

#[test]
fn an_unknown_type_is_passed_over_and_an_unknown_major_stops() {
    let mut body = note();
    body["type"] = "xentri.loyalty.point_earned.v1".into();
    body["payload_schema"] = "loyalty.point_earned@1.0".into();
    body["stream"]["type"] = "loyalty_card".into();
    let unknown = Reading::UnknownType { type_name: "xentri.loyalty.point_earned.v1".into() };
    assert_eq!(reading(&body).unwrap(), unknown);

    let too_new = |type_name: &str, envelope_version: &str| Reading::UnknownMajor {
        type_name: type_name.into(),
        envelope_version: envelope_version.into(),
    };
    let mut body = note();
    body["type"] = "xentri.lead.note_added.v2".into();
    assert_eq!(reading(&body).unwrap(), too_new("xentri.lead.note_added.v2", "1.0"));
    let mut body = note();
    body["envelope_version"] = "2.0".into();
    assert_eq!(reading(&body).unwrap(), too_new("xentri.lead.note_added.v1", "2.0"));
}

#[test]
fn a_newer_minor_version_is_read_without_what_is_new() {
    let mut body = note();
    body["envelope_version"] = "1.7".into();
    body["payload_schema"] = "lead.note_added@1.3".into();
    body["payload"]["mood"] = "good".into();
    body["region"] = "eu".into();
    assert_eq!(reading(&body).unwrap(), reading(&note()).unwrap());
}

#[test]
fn an_envelope_that_contradicts_itself_is_refused() {
    for (pointer, value) in [
        ("/payload_schema", "lead.created@1.0"),
        ("/payload_schema", "lead.note_added@2.0"),
        ("/payload_schema", "lead.note_added"),
        ("/stream/type", "invoice"),
    ] {
        let mut body = note();
        *body.pointer_mut(pointer).unwrap() = value.into();
        let error = reading(&body).unwrap_err();
        assert!(matches!(&error, ReadError::Contradiction { other, .. } if other == value), "{error:?}");
    }
    let mut older = note();
    older["payload_schema"] = "lead.note_added@1.0".into();
    older["payload"] = json!({ "note": 5 });
    assert!(matches!(reading(&older), Err(ReadError::Payload { .. })));
    assert!(matches!(Reading::of("{}"), Err(ReadError::Envelope(_))));
    assert!(matches!(Reading::of(&NOTE.replacen('{', "{\"id\":1,", 1)), Err(ReadError::Envelope(_))));
}

#[test]
fn a_body_has_a_largest_size() {
    let Reading::Event(mut envelope) = reading(&note()).unwrap() else { panic!() };
    let before = envelope.write_body().unwrap().len();
    let set = |payload: &mut Event, sealed: String| {
        use xentri_domain::aggregate::HoldsPersonal;
        payload.visit_personal(&mut |_, field| field.seal(sealed.parse().unwrap()));
    };
    set(&mut envelope.payload, "A".repeat(100_000));
    assert!(envelope.write_body().unwrap().len() > before);
    // No payload gets there by itself yet.
    let error = BodyError::TooLarge { bytes: BODY_MAX + 1 };
    assert_eq!(error.to_string(), "the body has 261889 bytes, 261888 are the most");
}

#[test]
fn numbers_that_others_would_read_wrong_are_not_written() {
    #[derive(Serialize)]
    struct Payload<T> {
        amount: T,
    }
    let safe = (1_i64 << 53) - 1;
    assert_eq!(write_canonical(&Payload { amount: safe }).unwrap(), r#"{"amount":9007199254740991}"#);
    assert_eq!(write_canonical(&Payload { amount: -safe }).unwrap(), r#"{"amount":-9007199254740991}"#);
    assert!(write_canonical(&Payload { amount: safe + 1 }).is_err());
    assert!(write_canonical(&Payload { amount: -safe - 1 }).is_err());
    assert!(write_canonical(&Payload { amount: u64::MAX }).is_err());
    assert!(write_canonical(&Payload { amount: u128::MAX }).is_err());
    assert!(write_canonical(&Payload { amount: i128::MIN }).is_err());
    assert!(write_canonical(&Payload { amount: 1.0 }).is_err());
    assert!(write_canonical(&Payload { amount: 1.0_f32 }).is_err());
}

#[test]
fn a_wire_form_is_cut_at_the_ledgers_suffix_and_nowhere_else() {
    let ledger = LedgerMark { epoch: 2, org_seq: 9, hash: Digest::of("x") };
    let recorded = Recorded { recorded_at: "2026-01-31T09:30:00.000001Z".parse().unwrap(), ledger };
    // A payload that quotes a suffix, and one with fields of these names.
    for body in [
        r#"{"note":",\"recorded_at\":\"2026-01-31T09:30:00.000001Z\",\"ledger\":{}}"}"#,
        r#"{"payload":{"id":1,"recorded_at":"2026-01-31T09:30:00.000001Z","ledger":{}}}"#,
    ] {
        let wire = recorded.wire(body);
        assert!(wire.starts_with(&body[..body.len() - 1]) && wire.ends_with("}}"));
        assert_eq!(Recorded::split(&wire), Ok((body.to_owned(), recorded)));
        for broken in [
            wire.replace("000001Z\",\"ledger\":{\"epoch", "1Z\",\"ledger\":{\"epoch"),
            wire.replace("\"epoch\":2", "\"epoch\":2,\"more\":1"),
            wire.replace("\"epoch\":2", "\"epoch\": 2"),
            format!("{wire} "),
            wire[..wire.len() - 1].to_owned(),
            body.to_owned(),
        ] {
            assert_eq!(Recorded::split(&broken), Err(WireError::NoSuffix), "{broken}");
        }
    }
}

#[test]
fn text_of_the_envelope() {
    for good in ["a", "order-4711", &"x".repeat(255)] {
        assert_eq!(good.parse::<super::DedupeKey>().unwrap().as_str(), good);
    }
    for bad in ["", "a b", "ä", "a\n", &"x".repeat(256)] {
        assert!(bad.parse::<super::DedupeKey>().is_err(), "{bad}");
    }
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    assert_eq!(trace.parse::<super::TraceId>().unwrap().to_string(), trace);
    for bad in
        ["", "0", &"0".repeat(32), &trace.to_uppercase(), &trace[1..], "+bf92f3577b34da6a3ce929d0e0e4736"]
    {
        assert!(bad.parse::<super::TraceId>().is_err(), "{bad}");
    }
    let digest = Digest::of("");
    assert_eq!(digest.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(digest.to_string().parse::<Digest>(), Ok(digest));
    assert!(digest.to_string().to_uppercase().parse::<Digest>().is_err());
    assert_eq!(Digest::from_bytes(*digest.as_bytes()), digest);
    assert_eq!(Digest::GENESIS.to_string(), "0".repeat(64));
    assert_eq!(serde_json::to_value(Environment::Prod).unwrap(), "prod");
}
