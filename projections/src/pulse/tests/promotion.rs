use serde_json::json;
use xentri_domain::kernel::{PulseItemId, Scope};

use super::Items;
use crate::given::id;

const CHAIN: [&str; 4] = ["module.invoicing", "subcategory.receivables", "category.finance", "strategy"];

fn overdue(amount: i64, currency: &str) -> Items {
    let mut items = Items::new();
    let outstanding = json!({ "amount": amount, "currency": currency });
    let overdue = json!({ "due_date": "2026-03-01", "outstanding": outstanding });
    items.then(id(1), "xentri.invoice.overdue.v1", overdue);
    items
}

fn scopes(items: &Items) -> Vec<&str> {
    CHAIN.into_iter().filter(|scope| items.rows.values().any(|row| row.scope == *scope)).collect()
}

#[test]
fn each_scope_judges_anew_and_the_chain_goes_as_far_as_the_amount_carries_it() {
    for (amount, currency, height) in [
        (999_999, "EUR", 2),
        (1_000_000, "EUR", 3),
        (9_999_999, "EUR", 3),
        (10_000_000, "EUR", 4),
        // Whole units: a yen has no cents, a dinar has three digits of them.
        (9_999, "JPY", 2),
        (10_000, "JPY", 3),
        (9_999_999, "KWD", 2),
        (10_000_000, "KWD", 3),
    ] {
        assert_eq!(scopes(&overdue(amount, currency)), CHAIN[..height], "{amount} {currency}");
    }
    let items = overdue(10_000_000, "EUR");
    assert_eq!(CHAIN.map(|scope| items.at(scope).importance), [1, 2, 2, 2]);
}

/// As the domain documents and pins it: source event, scope and rule.
#[test]
fn an_item_has_the_documented_id_and_names_the_one_below() {
    let items = overdue(10_000_000, "EUR");
    let source = items.events[0].envelope.id;
    let documented =
        CHAIN.map(|scope| PulseItemId::of(source, Scope::parse(scope).unwrap(), "invoice_overdue").uuid());
    assert_eq!(CHAIN.map(|scope| items.at(scope).item_id), documented);
    assert_eq!(
        CHAIN.map(|scope| items.at(scope).promoted_from),
        [None, Some(documented[0]), Some(documented[1]), Some(documented[2])]
    );
    for scope in CHAIN {
        assert_eq!(items.at(scope).source_event_id, source.uuid());
    }
}

#[test]
fn what_a_scope_no_longer_wants_to_see_goes_from_there() {
    let mut items = overdue(10_000_000, "EUR");
    let outstanding = json!({ "amount": 100, "currency": "EUR" });
    let again = json!({ "due_date": "2026-03-01", "outstanding": outstanding });
    items.then(id(1), "xentri.invoice.overdue.v1", again);
    assert_eq!(scopes(&items), CHAIN[..2]);
}

#[test]
fn what_is_settled_goes_from_every_scope() {
    let mut items = overdue(10_000_000, "EUR");
    items.then(id(1), "xentri.invoice.voided.v1", json!({ "reason": "Twice" }));
    assert_eq!(scopes(&items), CHAIN[..1]);
    assert_eq!(items.titles(CHAIN[0]), ["Invoice voided"]);
}

#[test]
fn another_thing_has_places_of_its_own() {
    let mut items = overdue(100, "EUR");
    let outstanding = json!({ "amount": 100, "currency": "EUR" });
    let overdue = json!({ "due_date": "2026-03-01", "outstanding": outstanding });
    items.then(id(2), "xentri.invoice.overdue.v1", overdue);
    assert_eq!(items.rows.len(), 4);
}
