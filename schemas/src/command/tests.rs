//! What is wrong with a body, all of it, by place and code.

use serde_json::{Value, json};
use xentri_domain::aggregate::CommandKind;
use xentri_domain::registry::command_kinds;

use super::example::Example;
use super::violations::found_by;
use super::{FieldError, MOST_ERRORS, read_command};
use crate::{FieldCode, command_name};

fn kind(name: &str) -> &'static CommandKind {
    command_kinds().find(|kind| command_name(kind) == name).unwrap()
}

fn errors(name: &str, body: &str) -> Vec<FieldError> {
    read_command(kind(name), body.as_bytes()).unwrap_err()
}

/// Places and codes.
fn wrong(name: &str, body: &Value) -> Vec<(String, String)> {
    errors(name, &body.to_string())
        .into_iter()
        .map(|error| (error.pointer, error.code.into_owned()))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}

#[test]
fn every_fault_is_named_at_once() {
    let body = json!({
        "id": "nil", "name": "a\u{0}b", "email": "nobody", "company": "x".repeat(201), "phone": 34_600_123_456_u64,
        "value": { "amount": 1.5, "currency": "EURO", "cents": 1 }, "note": "", "colour": "red",
    });
    assert_eq!(
        wrong("lead.capture", &body),
        pairs(&[
            ("/colour", "unknown_field"),
            ("/company", "too_long"),
            ("/email", "bad_format"),
            ("/id", "bad_format"),
            ("/name", "control_character"),
            ("/note", "empty"),
            ("/phone", "wrong_type"),
            ("/source", "missing"),
            ("/value/amount", "wrong_type"),
            ("/value/cents", "unknown_field"),
            ("/value/currency", "unknown_currency"),
        ])
    );
}

#[test]
fn a_chosen_id_is_of_version_7() {
    for id in ["0190a5e1-7f3c-4a52-9d0e-3f6b8c1d2e4a", "9d2a7c1e-5f80-5b6e-8a3c-64d1f0b7e2a9"] {
        let body = json!({ "id": id, "name": "Ada", "source": "form" });
        assert_eq!(wrong("lead.capture", &body), pairs(&[("/id", "bad_format")]));
    }
}

#[test]
fn a_list_is_no_object() {
    for (name, body, pointer) in [
        ("lead.capture", json!({ "name": "Ada", "source": "form", "value": [1, "EUR"] }), "/value"),
        ("lead.qualify", json!([80, "big"]), ""),
        ("lead.add-note", json!(["a note"]), ""),
        ("lead.capture", json!(["Ada", "form"]), ""),
        ("brief.start", json!([]), ""),
    ] {
        assert_eq!(wrong(name, &body), pairs(&[(pointer, "wrong_type")]), "{name}");
    }
    assert!(read_command(kind("lead.add-note"), br#"{ "note": "see [1]" }"#).is_ok());
}

#[test]
fn one_fault_has_one_code_whatever_else_is_wrong() {
    for (name, body, pointer, code) in [
        ("lead.capture", json!({ "name": "a\u{202e}b", "source": "form" }), "/name", "bidi_control"),
        ("lead.capture", json!({ "name": " \u{200b}", "source": "form" }), "/name", "empty"),
        ("lead.capture", json!({ "name": "", "source": "form" }), "/name", "empty"),
        ("lead.capture", json!({ "name": "Ada", "source": "telepathy" }), "/source", "not_one_of"),
        ("lead.capture", json!({ "name": { "$p": "AQID" }, "source": "form" }), "/name", "bad_format"),
        ("lead.capture", json!({ "name": null, "source": "form" }), "/name", "wrong_type"),
        ("lead.qualify", json!({ "score": 101, "reason": "x" }), "/score", "out_of_range"),
        ("lead.qualify", json!({ "score": -1, "reason": "x" }), "/score", "out_of_range"),
        ("lead.qualify", json!({ "score": "80", "reason": "x" }), "/score", "wrong_type"),
        (
            "lead.win",
            json!({ "amount": { "amount": 1_u64 << 53, "currency": "EUR" } }),
            "/amount/amount",
            "out_of_range",
        ),
        ("lead.win", json!({ "amount": 5 }), "/amount", "wrong_type"),
        (
            "lead.send-proposal",
            json!({ "amount": { "amount": 1, "currency": "EUR" }, "valid_until": "2026-02-30" }),
            "/valid_until",
            "bad_format",
        ),
        (
            "org.create",
            json!({ "name": "A", "time_zone": "Mars/Olympus", "currency": "EUR", "language": "en" }),
            "/time_zone",
            "unknown_time_zone",
        ),
        ("org.change-settings", json!({ "invoice_prefix": "inv" }), "/invoice_prefix", "bad_format"),
    ] {
        assert_eq!(wrong(name, &body), pairs(&[(pointer, code)]), "{body}");
        let mut more = body.clone();
        more["aaa"] = json!(1);
        assert_eq!(wrong(name, &more), pairs(&[("/aaa", "unknown_field"), (pointer, code)]), "{more}");
    }
}

#[test]
fn what_a_schema_can_t_tell_the_type_does() {
    // The last day is beyond a pattern; a schema takes 80.0 for an integer.
    let late = json!({ "due_at": "9999-12-31T23:59:59Z" });
    assert_eq!(wrong("lead.schedule-follow-up", &late), pairs(&[("/due_at", "out_of_range")]));
    assert_eq!(
        wrong("lead.qualify", &json!({ "score": 80.0, "reason": "x" })),
        pairs(&[("/score", "wrong_type")])
    );
}

#[test]
fn a_repeated_field_is_refused() {
    let body = r#"{"score": 1, "score": 2, "reason": "x", "colour": 1}"#;
    let found: Vec<_> = errors("lead.qualify", body).into_iter().map(|e| (e.pointer, e.code)).collect();
    assert_eq!(
        found,
        [("/colour".into(), "unknown_field".into()), ("/score".into(), "duplicate_field".into())]
    );
}

#[test]
fn what_is_no_json_is_one_fault() {
    let deep = format!("{}{}", r#"{"name":"#, "[".repeat(100_000));
    for body in ["{", "nonsense", r#"{"a":1}}"#, "{\"name\":\"\\ud800\"}", "\u{0}", r#"{"score":01}"#, &deep]
    {
        let errors = errors("lead.capture", body);
        assert_eq!(
            (errors.len(), &*errors[0].code, &*errors[0].pointer),
            (1, FieldError::MALFORMED, ""),
            "{body:.20}"
        );
    }
    let bad_utf8 = read_command(kind("lead.capture"), b"{\"name\":\"\xff\"}").unwrap_err();
    assert_eq!(bad_utf8[0].code, FieldError::MALFORMED);
    for body in ["[]", "null", "5", "\"x\""] {
        assert_eq!(
            wrong("lead.capture", &serde_json::from_str(body).unwrap()),
            pairs(&[("", "wrong_type")]),
            "{body}"
        );
    }
}

#[test]
fn an_empty_body_is_an_empty_object() {
    for body in ["", " \n", "{}"] {
        assert!(read_command(kind("lead.complete-follow-up"), body.as_bytes()).is_ok());
    }
    assert_eq!(
        errors("lead.lose", "")[0],
        FieldError::new("/reason", FieldCode::MISSING, "this field is required")
    );
}

#[test]
fn no_error_repeats_what_was_sent() {
    let secret = "Ada-Lovelace-600123456";
    for body in [
        json!({ "name": [secret], "source": secret, "email": secret, "phone": secret, "value": secret, "note": { "a": secret } }),
        json!({ "name": "Ada", "source": { "x": secret }, "id": secret, "value": { "amount": secret, "currency": secret } }),
        json!(secret),
    ] {
        for error in errors("lead.capture", &body.to_string()) {
            assert!(!error.detail.contains("Lovelace"), "{error:?}");
        }
    }
    let number = r#"{"score": 600123456, "score": 600123456, "reason": 600123456}"#;
    assert!(errors("lead.qualify", number).iter().all(|error| !error.detail.contains("6001")));
}

#[test]
fn an_endless_list_of_faults_is_cut() {
    let fields: serde_json::Map<_, _> = (0..1000).map(|n| (format!("f{n}"), json!(n))).collect();
    assert_eq!(errors("lead.capture", &Value::Object(fields).to_string()).len(), MOST_ERRORS);
    let lines = json!({ "lines": vec![json!({ "quantity": "1e3" }); 190] });
    assert_eq!(errors("invoice.change-lines", &lines.to_string()).len(), MOST_ERRORS);
}

#[test]
fn details_help_people() {
    let details = |name, body: Value| errors(name, &body.to_string()).remove(0).detail;
    assert_eq!(
        details("lead.capture", json!({ "name": "Ada", "source": "x" })),
        "expected form or import or manual"
    );
    assert_eq!(details("lead.assign", json!({ "owner": 1 })), "expected text");
    assert_eq!(
        details("lead.update-details", json!({ "phone": "600" })),
        "expected an international number like +34 600 123 456"
    );
}

/// Blocks of a page as a command might have them: forms with a tag, in a list.
#[test]
fn of_several_forms_the_one_that_was_meant_is_judged() {
    let schema = json!({ "type": "object", "properties": { "blocks": { "type": "array", "maxItems": 3, "items": { "oneOf": [
        {
            "type": "object", "required": ["kind", "text"], "additionalProperties": false,
            "properties": { "kind": { "type": "string", "const": "text" }, "text": { "type": "string", "maxLength": 3 } },
        },
        {
            "type": "object", "required": ["kind", "url"], "additionalProperties": false,
            "properties": { "kind": { "type": "string", "const": "image" }, "url": { "type": ["string", "null"] } },
        },
    ]}}}});
    let validator = jsonschema::validator_for(&schema).unwrap();
    let found = |blocks: Value| -> Vec<(String, String)> {
        let errors = found_by(&validator, &json!({ "blocks": blocks }));
        errors.into_iter().map(|error| (error.pointer, error.code.into_owned())).collect()
    };
    assert_eq!(found(json!([{ "kind": "text", "text": "a" }, { "kind": "image", "url": null }])), []);
    for (block, place, code) in [
        (json!({ "kind": "text", "text": "long" }), "/text", "too_long"),
        (json!({ "kind": "text", "text": 1 }), "/text", "wrong_type"),
        (json!({ "kind": "image" }), "/url", "missing"),
        (json!({ "kind": "image", "url": "a", "text": "a" }), "/text", "unknown_field"),
        (json!({ "kind": "video", "url": "a" }), "/kind", "not_one_of"),
        (json!({ "kind": ["text"], "text": "a" }), "/kind", "not_one_of"),
        (json!("text"), "", "wrong_type"),
    ] {
        let fine = json!({ "kind": "text", "text": "a" });
        assert_eq!(found(json!([fine, block])), pairs(&[(&format!("/blocks/1{place}"), code)]), "{block}");
    }
    assert_eq!(found(json!([1, 2, 3, 4])).first(), pairs(&[("/blocks", "too_many")]).first());
    assert_eq!(found(json!({})), pairs(&[("/blocks", "wrong_type")]));
}

#[test]
fn any_item_of_a_list_is_tried_as_one_of_its_kind() {
    let text = json!({ "type": "text", "text": "a" });
    let example = json!({ "lines": [{ "taxes": [1, 2] }], "blocks": [{ "type": "divider" }, text] });
    let example = Example { kind: *kind("lead.capture"), body: example };
    let body =
        json!({ "lines": [1, 2, { "taxes": [3] }], "blocks": [{ "type": "text" }, { "type": "video" }] });
    for (place, there) in [
        ("", ""),
        ("/lines", "/lines"),
        ("/lines/2", "/lines/0"),
        ("/lines/2/taxes/9", "/lines/0/taxes/0"),
        ("/blocks/0/text", "/blocks/1/text"),
        ("/blocks/1/text", "/blocks/0/text"),
        ("/elsewhere/3", "/elsewhere/3"),
    ] {
        assert_eq!(example.place(&body, place), there);
    }
}

#[test]
fn blocks_and_lines_have_the_codes_of_their_types() {
    let page = json!({ "site_id": "0190a5e1-0000-7000-8000-000000000006", "path": "/a", "title": "A", "blocks": [
        { "type": "text", "text": "a\u{0}" },
        { "type": "heading", "level": 9, "text": "" },
        { "type": "image" },
        { "type": "divider", "colour": "red" },
        { "type": "video" },
    ]});
    assert_eq!(
        wrong("page.add", &page),
        pairs(&[
            ("/blocks/0/text", "control_character"),
            ("/blocks/1/level", "out_of_range"),
            ("/blocks/1/text", "empty"),
            ("/blocks/2/url", "missing"),
            ("/blocks/3/colour", "unknown_field"),
            ("/blocks/4/type", "not_one_of"),
        ])
    );
    let line = |quantity: &str| json!({ "description": "Bread", "quantity": quantity, "unit_price": 1, "tax_rate_bp": 0 });
    let lines =
        json!({ "lines": [line("1"), line("1e3"), line("1.00001"), line("NaN"), line("0"), line("-1")] });
    assert_eq!(
        wrong("invoice.change-lines", &lines),
        pairs(&[
            ("/lines/1/quantity", "bad_format"),
            ("/lines/2/quantity", "too_many_decimals"),
            ("/lines/3/quantity", "bad_format"),
            ("/lines/4/quantity", "not_positive"),
            ("/lines/5/quantity", "not_positive"),
        ])
    );
}
