//! A payload that changed, from end to end: `lead.created` as if version 1.1 had split the name, and 1.2 had added
//! a language.

use serde::Deserialize;
use serde_json::{Value, json};
use xentri_domain::kernel::{Language, Personal, Text};
use xentri_schemas::{Frame, UpcastError, Upcaster, upcast};

use crate::samples::bodies;

const STEPS: &[Upcaster] = &[
    Upcaster {
        from: "lead.created@1.1",
        to: "lead.created@1.2",
        change: |payload| {
            payload.insert("language".into(), json!("en"));
        },
    },
    Upcaster {
        from: "lead.created@1.0",
        to: "lead.created@1.1",
        change: |payload| {
            if let Some(company) = payload.remove("company") {
                payload.insert("organisation".into(), company);
            }
        },
    },
];

/// Of the made-up version 1.2.
#[derive(Debug, PartialEq, Deserialize)]
struct Created {
    name: Personal<Text<200>>,
    organisation: Option<Text<200>>,
    language: Language,
}

#[test]
fn every_body_of_the_old_version_is_read_as_the_new_one() {
    for body in bodies("lead.created@1.0") {
        let frame = Frame::read(&body).unwrap();
        let payload: Value = serde_json::from_str(frame.payload.get()).unwrap();
        let raised = upcast(STEPS, payload.clone(), &frame.payload_schema, "lead.created@1.2").unwrap();
        let created: Created = serde_json::from_value(raised).unwrap();
        assert_eq!(
            serde_json::to_value(&created.name).unwrap(),
            payload["name"],
            "sealed or open, it stays where it is"
        );
        assert_eq!(
            created.organisation.map(Text::into_string),
            payload["company"].as_str().map(str::to_owned)
        );
        assert_eq!(created.language, serde_json::from_value(json!("en")).unwrap());
    }
}

#[test]
fn a_version_in_the_middle_takes_the_rest_of_the_way() {
    let raised =
        upcast(STEPS, json!({ "organisation": "Acme" }), "lead.created@1.1", "lead.created@1.2").unwrap();
    assert_eq!(raised, json!({ "organisation": "Acme", "language": "en" }));
}

#[test]
fn without_a_way_it_says_from_where_to_where() {
    let (from, to) = ("lead.created@1.0", "lead.created@1.3");
    let error = upcast(STEPS, json!({}), from, to).unwrap_err();
    assert_eq!(error, UpcastError::NoWay { from: from.into(), to: to.into() });
    assert_eq!(error.to_string(), "no upcaster leads from lead.created@1.0 towards lead.created@1.3");

    let circle = Upcaster { from: "a.b@1.1", to: "a.b@1.0", change: |_| {} };
    let back = Upcaster { from: "a.b@1.0", to: "a.b@1.1", change: |_| {} };
    assert!(upcast(&[circle, back], json!({}), "a.b@1.0", "a.b@2.0").is_err());
    assert!(upcast(STEPS, json!([]), from, "lead.created@1.2").is_err());
}
