//! Every type of event is on the topics it belongs on, and whatever was ever written fits what is said of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use xentri_domain::registry::event_kinds;
use xentri_schemas::{Digest, HEARTBEAT_TYPE, LedgerMark, Recorded, topics};

use super::valid::validator;
use super::{document, entries};
use crate::samples;

/// By topic.
fn types(document: &Value) -> BTreeMap<&str, BTreeSet<&str>> {
    entries(document, "/channels")
        .map(|(_, channel)| {
            let messages = entries(channel, "/messages");
            (channel["address"].as_str().unwrap(), messages.map(|(name, _)| name).collect())
        })
        .collect()
}

#[test]
fn every_topic_is_described_and_can_be_subscribed_to() {
    let document = document();
    let described: BTreeSet<_> = types(&document).into_keys().map(str::to_owned).collect();
    assert_eq!(described, topics().into_iter().collect());
    let subscribed: BTreeSet<_> = entries(&document, "/operations")
        .map(|(_, operation)| {
            assert_eq!(operation["action"], "receive");
            operation["channel"]["$ref"].as_str().unwrap().to_owned()
        })
        .collect();
    let channels = entries(&document, "/channels").map(|(name, _)| format!("#/channels/{name}"));
    assert_eq!(subscribed, channels.collect());
}

#[test]
fn every_type_of_event_is_in_the_log_and_in_the_topic_of_its_context_alone() {
    let document = document();
    let types = types(&document);
    for kind in event_kinds() {
        let on: Vec<_> = types
            .iter()
            .filter(|(_, types)| types.contains(kind.type_name))
            .map(|(topic, _)| *topic)
            .collect();
        let mut expected = [format!("xentri.{}.v1", kind.context), "xentri.log".to_owned()];
        expected.sort();
        assert_eq!(on, expected, "{}", kind.type_name);
    }
    let known: BTreeSet<_> = event_kinds().map(|kind| kind.type_name).chain([HEARTBEAT_TYPE]).collect();
    for (topic, types) in types {
        assert!(types.contains(HEARTBEAT_TYPE), "{topic} has no heartbeat");
        assert!(types.is_subset(&known), "{topic}: {types:?}");
    }
}

#[test]
fn every_golden_sample_fits_the_message_of_its_type_and_no_other() {
    let document = document();
    let ledger = LedgerMark { epoch: 0, org_seq: 1, hash: Digest::of("") };
    let recorded = Recorded { recorded_at: "2026-01-31T09:30:00.25Z".parse().unwrap(), ledger };
    let mut wires = Vec::new();
    for body in samples::names().iter().flat_map(|name| samples::bodies(name)) {
        wires.push(serde_json::from_str::<Value>(&recorded.wire(&body)).unwrap());
    }
    let mut fitting = 0;
    for (name, message) in
        entries(&document, "/components/messages").filter(|(name, _)| *name != HEARTBEAT_TYPE)
    {
        let validator = validator(&message["payload"], &document);
        for wire in &wires {
            let errors: Vec<_> = validator
                .iter_errors(wire)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(errors.is_empty(), wire["type"] == name, "{name}: {wire}\n{errors:#?}");
            fitting += usize::from(errors.is_empty());
        }
    }
    assert_eq!(fitting, wires.len());
}
