//! The whole table of an org, what each cell records, and what holds whatever is asked of it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Org, OrgError};
use crate::aggregate::scenario::{fresh_id, given, org_created, org_id};
use crate::aggregate::{histories, table};
use crate::kernel::Coded;

fn create() -> Value {
    json!({ "name": "Acme", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es" })
}

#[test]
#[rustfmt::skip]
fn the_whole_table() {
    let changed = json!({ "type": "xentri.org.settings_changed.v1", "language": "en" });
    let states =
        [("absent", vec![]), ("created", vec![org_created()]), ("changed", vec![org_created(), changed])];
    table::check::<Org>(&states, &[
        // command, body                                   absent, created, changed
        ("create", create(),                               &["org.created", "!already_exists", "!already_exists"]),
        ("change-settings", json!({ "currency": "USD" }),  &["!not_found", "org.settings_changed", "org.settings_changed"]),
    ]);
}

#[test]
fn an_org_is_created_with_its_settings() {
    given::<Org>([])
        .when(
            "create",
            json!({ "name": "Acme", "external_id": "org_2ab", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es" }),
        )
        .then([json!({
            "type": "xentri.org.created.v1", "name": "Acme", "external_id": "org_2ab", "time_zone": "Europe/Madrid",
            "currency": "EUR", "language": "es", "invoice_prefix": "INV",
        })]);
}

#[test]
fn an_org_is_created_under_its_own_id_only() {
    let body = json!({ "name": "Acme", "time_zone": "UTC", "currency": "EUR", "language": "en" });
    let error = given::<Org>([]).with(|facts| facts.stream = fresh_id()).when("create", body).refusal();
    assert_eq!(error, OrgError::AnotherOrg { id: fresh_id(), org: org_id() });
}

#[test]
fn an_org_is_created_once() {
    given::<Org>([org_created()])
        .when("create", json!({ "name": "Acme", "time_zone": "UTC", "currency": "EUR", "language": "en" }))
        .refused(|error, id| assert_eq!(*error, OrgError::AlreadyExists { id }));
}

#[test]
fn settings_of_an_unknown_org_can_t_change() {
    given::<Org>([]).when("change-settings", json!({ "name": "Acme" })).refused(|error, id| {
        assert_eq!(*error, OrgError::NotFound { id });
        assert_eq!(error.code(), "not_found");
    });
}

#[test]
fn only_what_changes_is_recorded() {
    given::<Org>([org_created()])
        .when("change-settings", json!({ "name": "Acme", "language": "en", "invoice_prefix": "ES-A" }))
        .then([json!({ "type": "xentri.org.settings_changed.v1", "language": "en", "invoice_prefix": "ES-A" })])
        .state(&json!({ "settings": {
            "name": "Acme", "external_id": null, "time_zone": "Europe/Madrid", "currency": "EUR", "language": "en",
            "invoice_prefix": "ES-A",
        }}));
}

#[test]
fn settings_that_are_so_already_are_no_event() {
    given::<Org>([org_created()])
        .when("change-settings", json!({ "name": "Acme", "currency": "EUR" }))
        .then([]);
    given::<Org>([org_created()]).when("change-settings", json!({})).then([]);
}

/// Puts a value into a body that is right without it.
fn with(mut body: Value, field: &str, value: &Value) -> Value {
    body[field] = value.clone();
    body
}

#[test]
fn each_value_that_is_none_is_refused_where_it_stands() {
    let long = "x".repeat(256);
    for (field, value, code) in [
        ("name", json!(""), "empty"),
        ("name", json!(" \u{200b} "), "empty"),
        ("name", json!("x".repeat(201)), "too_long"),
        ("name", json!("Ac\u{0}me"), "control_character"),
        ("name", json!("Ac\nme"), "control_character"),
        ("name", json!("Ac\u{202e}me"), "bidi_control"),
        ("time_zone", json!("Mars/Olympus"), "unknown_time_zone"),
        ("currency", json!("EURO"), "unknown_currency"),
        ("currency", json!("eur"), "unknown_currency"),
        ("invoice_prefix", json!("inv"), "bad_format"),
        ("invoice_prefix", json!("INV-"), "bad_format"),
        ("invoice_prefix", json!("INV\u{0}"), "bad_format"),
        ("invoice_prefix", json!("A".repeat(17)), "too_long"),
    ] {
        let pointer = format!("/{field}");
        given::<Org>([]).when("create", with(create(), field, &value)).malformed_at(&pointer, code);
        given::<Org>([org_created()])
            .when("change-settings", json!({ field: value }))
            .malformed_at(&pointer, code);
    }
    for (external_id, code) in [("", "bad_format"), ("org 2ab", "bad_format"), (long.as_str(), "too_long")] {
        let body = with(create(), "external_id", &json!(external_id));
        given::<Org>([]).when("create", body).malformed_at("/external_id", code);
    }
    given::<Org>([])
        .when("create", with(create(), "id", &json!("org_2ab")))
        .malformed_at("/id", "bad_format");
}

#[test]
fn other_words_fields_and_kinds_are_refused_at_the_door() {
    for (field, value) in
        [("language", json!("fr")), ("colour", json!("red")), ("name", json!(7)), ("currency", json!(null))]
    {
        given::<Org>([]).when("create", with(create(), field, &value)).malformed();
    }
    given::<Org>([]).when("create", json!({ "name": "Acme" })).malformed();
    // What every org has had since it was created is no field to change.
    given::<Org>([org_created()]).when("change-settings", json!({ "external_id": "org_2ab" })).malformed();
}

#[test]
fn names_of_the_whole_world_pass() {
    for name in ["Panadería Núñez", "株式会社 青空", "شركة النور", "Cafe\u{301}", "Ada 👩‍💻 Ltd"]
    {
        let changed = json!({ "type": "xentri.org.settings_changed.v1", "name": name });
        given::<Org>([org_created()]).when("change-settings", json!({ "name": name })).then([changed]);
    }
}

/// Settings from a small stock, so that many are so already.
fn commands() -> impl Strategy<Value = (&'static str, Value)> {
    let settings = (
        prop::option::of(prop::sample::select(vec!["Acme", "Ada & Sons"])),
        prop::option::of(prop::sample::select(vec!["UTC", "Europe/Madrid"])),
        prop::option::of(prop::sample::select(vec!["EUR", "JPY"])),
        prop::option::of(prop::sample::select(vec!["en", "es"])),
        prop::option::of(prop::sample::select(vec!["INV", "ES-A"])),
    );
    let change = settings.prop_map(|(name, time_zone, currency, language, invoice_prefix)| {
        let body = json!({
            "name": name, "time_zone": time_zone, "currency": currency, "language": language,
            "invoice_prefix": invoice_prefix,
        });
        ("change-settings", body)
    });
    let external_id = prop::option::of("org_[a-z0-9]{3}");
    let create = external_id.prop_map(|id| ("create", with(create(), "external_id", &json!(id))));
    prop_oneof![1 => create, 4 => change]
}

#[test]
fn whatever_is_asked_an_org_is_created_once_and_keeps_its_external_id() {
    histories::check::<Org>(commands(), histories::nothing_else, |before, after, events| {
        assert!(after.settings.is_some());
        if let (Some(before), Some(after)) = (&before.settings, &after.settings) {
            assert_eq!(before.external_id, after.external_id);
        }
        assert_eq!(events.is_empty(), before == after, "an event for every change and for nothing else");
    });
}
