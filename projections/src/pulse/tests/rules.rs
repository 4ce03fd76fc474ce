//! What must hold of all rules together.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use xentri_domain::aggregate::HoldsPersonal as _;

use super::super::rule::{Effect, Finding, Rule};
use super::super::rules::{MODULES, touches};
use super::{folded, samples, with_payload, written};
use crate::kit::{LedgerEvent, Projection as _};
use crate::pulse::PulseItems;

fn all_rules() -> Vec<&'static Rule> {
    MODULES.iter().flat_map(|module| module.rules.iter().copied()).collect()
}

fn findings(event: &LedgerEvent) -> Vec<Finding> {
    let touched = touches(event).map(|(_, touches)| touches).unwrap_or_default();
    let found = touched.into_iter().filter_map(|touch| match touch.effect {
        Effect::Becomes(finding) | Effect::Joins(_, finding) => Some(finding),
        Effect::Ends | Effect::Amends(_) | Effect::Leaves(_) => None,
    });
    found.collect()
}

#[test]
fn names_are_unique_and_judgements_within_bounds() {
    let rules = all_rules();
    assert_eq!(rules.iter().map(|rule| rule.name).collect::<BTreeSet<_>>().len(), rules.len());
    for rule in rules {
        assert!(!rule.name.is_empty() && !rule.matter.is_empty());
        let judged = rule.promotions.iter().map(|promotion| promotion.importance).chain([rule.importance]);
        assert!(judged.into_iter().all(|importance| (1..=5).contains(&importance)), "{}", rule.name);
        assert!(rule.promotions.len() <= 3, "{}: nothing is above the strategy", rule.name);
    }
}

#[test]
fn every_rule_is_of_its_module_and_is_met_by_a_sample() {
    let mut met = BTreeSet::new();
    for event in samples() {
        let Some((module, _)) = touches(&event) else { continue };
        for finding in findings(&event) {
            let name = finding.rule.name;
            assert!(module.rules.iter().any(|rule| rule.name == name), "{name}");
            met.insert(name);
        }
    }
    let unmet: Vec<_> = all_rules().iter().map(|rule| rule.name).filter(|name| !met.contains(name)).collect();
    assert_eq!(unmet, Vec::<&str>::new());
}

/// A matter that an event touched twice would be at one place twice.
#[test]
fn an_event_touches_a_place_once() {
    for event in samples() {
        let keys = PulseItems::keys(&event);
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{:?}", event.payload().kind());
    }
}

#[test]
fn a_rule_always_brings_the_same_arguments_but_for_what_an_event_may_leave_out() {
    let mut arguments: BTreeMap<&str, BTreeSet<Vec<&str>>> = BTreeMap::new();
    for event in samples() {
        for finding in findings(&event) {
            let names = finding.arguments.iter().map(|(name, _)| *name).collect();
            arguments.entry(finding.rule.name).or_default().insert(names);
        }
    }
    arguments.retain(|_, sets| sets.len() > 1);
    assert_eq!(arguments.into_keys().collect::<Vec<_>>(), ["lead_created"]);
}

const CANARY: &str = "Canary Cassandra";

/// Every text in a payload that may be any text says the canary.
fn with_canaries(event: &LedgerEvent, payload: &Value) -> LedgerEvent {
    let mut event = event.clone();
    let mut payload = payload.clone();
    for pointer in texts("", &payload.clone()) {
        let mut changed = payload.clone();
        if let Some(text) = changed.pointer_mut(&pointer) {
            *text = CANARY.into();
        }
        if let Some(with_canary) = with_payload(&event, changed.clone()) {
            (event, payload) = (with_canary, changed);
        }
    }
    event
}

fn texts(pointer: &str, value: &Value) -> Vec<String> {
    match value {
        Value::String(_) => vec![pointer.to_owned()],
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(n, item)| texts(&format!("{pointer}/{n}"), item)).collect()
        }
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, field)| texts(&format!("{pointer}/{name}"), field)).collect()
        }
        _ => Vec::new(),
    }
}

/// Not even what is personal by accident, in a reason or a page: no free text gets into an item of a rule.
#[test]
fn no_item_of_a_rule_repeats_what_somebody_wrote() {
    let mut canaries = 0;
    let mut personal = 0;
    for event in samples() {
        let told = with_canaries(&event, &written(&event));
        canaries += written(&told).to_string().matches(CANARY).count();
        told.clone().envelope.payload.visit_personal(&mut |_, field| {
            personal += usize::from(field.open_text().is_some_and(|text| text.contains("Canary")));
        });
        let rows = folded([&told]);
        let stream_type = event.payload().kind().stream_type;
        assert!(stream_type == "pulse_item" || !format!("{rows:?}").contains("Canary"), "{rows:#?}");
    }
    assert!(canaries > 50 && personal >= 5, "{canaries} canaries, {personal} personal: they are not read");
}
