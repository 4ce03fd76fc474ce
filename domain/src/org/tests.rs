//! An org is created once; its settings change, and nothing is recorded where nothing changes.

use serde_json::json;

use super::{Org, OrgError};
use crate::aggregate::scenario::{given, org_created};
use crate::kernel::Coded;

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

#[test]
fn settings_that_are_none_are_refused_at_the_door() {
    for body in [
        json!({ "name": "" }),
        json!({ "time_zone": "Mars/Olympus" }),
        json!({ "currency": "EURO" }),
        json!({ "language": "fr" }),
        json!({ "invoice_prefix": "inv" }),
        json!({ "colour": "red" }),
        json!({ "name": "Acme\u{0}" }),
    ] {
        given::<Org>([org_created()]).when("change-settings", body).malformed();
    }
}
