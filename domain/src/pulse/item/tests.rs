//! The whole table of an item, what each cell records, and what holds whatever is asked of it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Item, ItemCommand, ItemError};
use crate::aggregate::scenario::{Given, given, stream_id};
use crate::aggregate::{CommandSet, Refusal, RefusalKind, histories, table};
use crate::kernel::{Coded, EventId, PulseItemId, Scope};

fn raise() -> Value {
    json!({ "scope": "module.leads", "importance": 2, "title": "A big lead", "action_required": true })
}

fn raised() -> Value {
    with(raise(), &json!({ "type": "xentri.pulse.raised.v1" }))
}

fn promote(scope: &str, importance: u8) -> Value {
    json!({ "from": "module.leads", "scope": scope, "importance": importance })
}

fn promoted(scope: &str, importance: u8) -> Value {
    let item_id = PulseItemId::promoted(stream_id().into(), Scope::parse(scope).unwrap());
    with(promote(scope, importance), &json!({ "type": "xentri.pulse.promoted.v1", "item_id": item_id }))
}

fn with(mut object: Value, more: &Value) -> Value {
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    object
}

/// As rules make them: an item whose stream is empty.
fn ruled() -> PulseItemId {
    PulseItemId::of(EventId::v7(5, [5; 10]), Scope::LEADS, "lead-won")
}

#[test]
#[rustfmt::skip]
fn the_whole_table() {
    let expired = with(raised(), &json!({ "expires_at": "2026-03-02T15:00:00.000000Z" }));
    let states = [
        ("absent", vec![]),
        ("raised", vec![raised()]),
        ("promoted", vec![raised(), promoted("category.sales", 1)]),
        ("expired", vec![expired]),
        ("ruled", vec![]),
        ("ruled_and_promoted", vec![promoted("category.sales", 1)]),
    ];
    let among = |state: &str, given: Given<Item>| {
        if state.starts_with("ruled") { given.with(|facts| facts.stream = ruled().into()) } else { given }
    };
    // Clients choose ids of version 7 only, so no raise meets a rule's item.
    table::check_with::<Item>(&states, &[
        // command, body                           absent, raised, promoted, expired, ruled, ruled_and_promoted
        ("raise", raise(),                         &["pulse.raised", "!already_exists", "!already_exists", "!already_exists", "pulse.raised", "!already_exists"]),
        ("promote", promote("category.sales", 1),  &["!not_found", "pulse.promoted", "nothing", "!item_expired", "pulse.promoted", "nothing"]),
    ], among);
}

#[test]
fn an_item_keeps_what_was_raised() {
    let all = json!({
        "scope": "category.sales", "importance": 5, "title": " Quarter closes ", "summary": "Two weeks left.\nCall them.",
        "action_required": false, "action_url": "https://xentri.example/leads?state=proposal",
        "visible_from": "2026-03-09T09:00:00+01:00", "expires_at": "2026-03-31T23:59:59Z",
    });
    let kept = json!({
        "scope": "category.sales", "importance": 5, "title": "Quarter closes", "summary": "Two weeks left.\nCall them.",
        "action_required": false, "action_url": "https://xentri.example/leads?state=proposal",
        "visible_from": "2026-03-09T08:00:00.000000Z", "expires_at": "2026-03-31T23:59:59.000000Z",
    });
    given::<Item>([])
        .when("raise", all)
        .then([with(kept.clone(), &json!({ "type": "xentri.pulse.raised.v1" }))])
        .state(&json!({ "raised": kept, "promoted": {} }));
    given::<Item>([]).when("raise", raise()).then([raised()]);
}

#[test]
fn an_item_is_raised_once() {
    given::<Item>([raised()]).when("raise", raise()).refused(|error, id| {
        assert_eq!(*error, ItemError::AlreadyExists { id });
        assert_eq!(error.kind(), RefusalKind::AlreadyExists);
    });
}

#[test]
fn an_item_expires_later_than_now_and_than_it_is_seen() {
    let refusal = |more: Value| given::<Item>([]).when("raise", with(raise(), &more)).refusal();
    let now = "2026-03-02T15:00:00Z";
    let later = "2026-03-09T09:00:00Z";
    let error = refusal(json!({ "expires_at": now }));
    assert_eq!((error.code(), error.pointer().as_deref()), ("in_the_past", Some("/expires_at")));
    let error = refusal(json!({ "visible_from": later, "expires_at": later }));
    assert_eq!((error.code(), error.pointer().as_deref()), ("before_its_start", Some("/expires_at")));
    assert_eq!(error.kind(), RefusalKind::Invalid);

    // What should have been seen already is seen at once.
    let body = with(raise(), &json!({ "visible_from": "2026-03-01T00:00:00Z", "expires_at": later }));
    assert!(given::<Item>([]).when("raise", body).answer().is_ok());
}

#[test]
fn an_item_is_promoted_to_any_scope_above_it_and_to_no_other() {
    for scope in ["subcategory.crm", "category.sales", "strategy"] {
        given::<Item>([raised()]).when("promote", promote(scope, 3)).then([promoted(scope, 3)]);
    }
    for (scope, word) in
        [("module.leads", "itself"), ("module.brief", "beside"), ("category.finance", "beside")]
    {
        let error = given::<Item>([raised()]).when("promote", promote(scope, 3)).refusal();
        assert_eq!((error.code(), error.pointer().as_deref()), ("not_above", Some("/scope")), "{word}");
        assert_eq!(error.to_string(), format!("{scope} does not lie above module.leads"));
    }
}

#[test]
fn an_item_is_promoted_from_where_it_stands() {
    let body = json!({ "from": "module.brief", "scope": "strategy", "importance": 1 });
    let error = given::<Item>([raised()]).when("promote", body).refusal();
    assert_eq!(error, ItemError::Elsewhere { id: stream_id(), scope: Scope::LEADS });
    assert_eq!((error.code(), error.pointer().as_deref()), ("item_elsewhere", Some("/from")));
}

#[test]
fn another_judgement_changes_the_importance_of_the_same_promoted_item() {
    let history = || [raised(), promoted("strategy", 3)];
    given::<Item>(history()).when("promote", promote("strategy", 3)).then([]);
    given::<Item>(history())
        .when("promote", promote("strategy", 1))
        .then([promoted("strategy", 1)])
        .state(&json!({ "raised": raise(), "promoted": { "strategy": 1 } }));
}

#[test]
fn an_item_that_a_rule_made_is_promoted_from_where_it_is_said_to_stand() {
    let item_id = PulseItemId::promoted(ruled(), Scope::STRATEGY);
    given::<Item>([])
        .with(|facts| facts.stream = ruled().into())
        .when("promote", promote("strategy", 1))
        .then([json!({
            "type": "xentri.pulse.promoted.v1", "item_id": item_id, "from": "module.leads", "scope": "strategy",
            "importance": 1,
        })]);
    // Where it then stands, it may be promoted again.
    let higher = PulseItemId::promoted(item_id, Scope::STRATEGY);
    assert!(higher != item_id && item_id != ruled() && !item_id.is_v7());
}

#[test]
fn who_may_promote_follows_from_the_scope_above() {
    let scope = |name, body| ItemCommand::read(name, body).unwrap().unwrap().scope();
    assert_eq!(scope("raise", raise()), Some(Scope::LEADS));
    assert_eq!(scope("promote", promote("strategy", 1)), Some(Scope::STRATEGY));
}

#[test]
fn each_value_that_is_none_is_refused_where_it_stands() {
    for (field, value, code) in [
        ("id", json!("1"), "bad_format"),
        ("scope", json!("module.kitchen"), "bad_format"),
        ("importance", json!(0), "out_of_range"),
        ("importance", json!(6), "out_of_range"),
        ("importance", json!(i64::MIN), "out_of_range"),
        ("title", json!(""), "empty"),
        ("title", json!("x".repeat(201)), "too_long"),
        ("title", json!("a\nb"), "control_character"),
        ("title", json!("a\u{0}b"), "control_character"),
        ("summary", json!(" "), "empty"),
        ("summary", json!("x".repeat(2001)), "too_long"),
        ("summary", json!("a\u{0}b"), "control_character"),
        ("action_url", json!("javascript:alert(1)"), "bad_format"),
        ("action_url", json!("/leads"), "bad_format"),
        ("visible_from", json!("tomorrow"), "bad_format"),
        ("expires_at", json!("1969-12-31T00:00:00Z"), "out_of_range"),
    ] {
        let body = with(raise(), &json!({ field: value }));
        given::<Item>([]).when("raise", body).malformed_at(&format!("/{field}"), code);
    }
    for (field, value, code) in [
        ("from", json!(""), "bad_format"),
        ("scope", json!("above"), "bad_format"),
        ("importance", json!(-1), "out_of_range"),
    ] {
        let body = with(promote("strategy", 1), &json!({ field: value }));
        given::<Item>([raised()]).when("promote", body).malformed_at(&format!("/{field}"), code);
    }
}

#[test]
fn other_fields_and_kinds_are_refused_at_the_door() {
    for more in [
        json!({ "colour": "red" }),
        json!({ "importance": 1.5 }),
        json!({ "importance": "1" }),
        json!({ "action_required": null }),
        json!({ "promoted_from": ruled() }),
    ] {
        given::<Item>([]).when("raise", with(raise(), &more)).malformed();
    }
    given::<Item>([raised()]).when("promote", json!({ "scope": "strategy", "importance": 1 })).malformed();
}

#[test]
fn titles_of_the_whole_world_pass() {
    for title in ["Presupuesto señalado", "عميل مهم", "大きな案件", "Cafe\u{301} lead", "🔥 hot"]
    {
        let more = json!({ "title": title });
        given::<Item>([]).when("raise", with(raise(), &more)).then([with(raised(), &more)]);
    }
}

/// Scopes and moments from a small stock, so that they meet each other.
fn commands() -> impl Strategy<Value = (&'static str, Value)> {
    let scope =
        || prop::sample::select(vec!["module.leads", "subcategory.crm", "category.sales", "strategy"]);
    let moment = || {
        let stock = vec!["2026-03-01T00:00:00Z", "2026-03-09T00:00:00Z", "9999-12-30T00:00:00Z"];
        prop::option::of(prop::sample::select(stock))
    };
    let raise = (scope(), -1_i64..8, moment(), moment()).prop_map(|(scope, importance, from, to)| {
        let more =
            json!({ "scope": scope, "importance": importance, "visible_from": from, "expires_at": to });
        ("raise", with(raise(), &more))
    });
    let promote = (scope(), scope(), 1_i64..6).prop_map(|(from, scope, importance)| {
        ("promote", json!({ "from": from, "scope": scope, "importance": importance }))
    });
    prop_oneof![raise, promote]
}

#[test]
fn whatever_is_asked_an_item_stays_as_raised_and_is_promoted_upwards_only() {
    histories::check::<Item>(commands(), histories::nothing_else, |before, after, events| {
        let raised = after.raised.as_ref().expect("nothing happens before it is raised");
        assert!(before.raised.as_ref().is_none_or(|before| before == raised));
        for scope in after.promoted.keys() {
            assert!(*scope != raised.scope && scope.covers(raised.scope), "{after:?}");
        }
        assert!(raised.expires_at.is_none_or(|end| raised.visible_from.is_none_or(|start| start < end)));
        assert_eq!(events.is_empty(), before == after, "an event for every change and for nothing else");
    });
}
