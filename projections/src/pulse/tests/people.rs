use serde_json::{Value, json};
use xentri_domain::kernel::{PulseItemId, Scope};

use super::{Items, title};
use crate::given::{id, moment};

fn raised() -> Value {
    json!({ "scope": "module.leads", "importance": 2, "title": "Call the bank",
            "summary": "They asked twice.", "action_required": true, "action_url": "https://bank.example",
            "visible_from": "2026-03-03T00:00:00Z", "expires_at": "2026-03-09T00:00:00Z" })
}

fn promote(items: &mut Items, item: PulseItemId, from: &str, scope: &str, importance: i32) -> PulseItemId {
    let promoted = PulseItemId::promoted(item, Scope::parse(scope).unwrap());
    let payload = json!({ "item_id": promoted, "from": from, "scope": scope, "importance": importance });
    items.then(item.uuid(), "xentri.pulse.promoted.v1", payload);
    promoted
}

#[test]
fn what_somebody_raised_says_what_they_wrote() {
    let mut items = Items::new();
    items.then(id(1), "xentri.pulse.raised.v1", raised());
    let item = items.at("module.leads");
    assert_eq!((item.id, item.item_id), (id(1), id(1)));
    assert_eq!(title(item, &[]), "Call the bank");
    assert_eq!(super::in_english().summary(item, &[]).as_deref(), Some("They asked twice."));
    assert_eq!((item.importance, item.action_required), (2, true));
    assert_eq!(item.action_url.as_deref(), Some("https://bank.example"));
    assert_eq!(item.visible_from, Some("2026-03-03T00:00:00Z".parse().unwrap()));
    assert_eq!(item.expires_at, Some("2026-03-09T00:00:00Z".parse().unwrap()));
}

#[test]
fn without_a_summary_there_is_none() {
    let mut items = Items::new();
    let raised =
        json!({ "scope": "strategy", "importance": 5, "title": "{x} [y]", "action_required": false });
    items.then(id(1), "xentri.pulse.raised.v1", raised);
    let item = items.at("strategy");
    assert_eq!(super::in_english().summary(item, &[]), None);
    assert_eq!(
        title(item, &[("x", "filled in")]),
        "{x} [y]",
        "what people write is no text of the catalogue"
    );
}

#[test]
fn a_promoted_item_is_another_one_and_the_old_one_stays() {
    let mut items = Items::new();
    items.then(id(1), "xentri.pulse.raised.v1", raised());
    let first =
        promote(&mut items, PulseItemId::try_from(id(1)).unwrap(), "module.leads", "category.sales", 3);
    let item = items.at("category.sales");
    assert_eq!((item.id, item.promoted_from, item.importance), (first.uuid(), Some(id(1)), 3));
    assert_eq!(item.title_key, None, "what it says is read where it came from");
    assert_eq!(items.at("module.leads").importance, 2);
    let second = promote(&mut items, first, "category.sales", "strategy", 1);
    let item = items.at("strategy");
    assert_eq!((item.item_id, item.promoted_from), (second.uuid(), Some(first.uuid())));
    assert_eq!(items.rows.len(), 3);
}

#[test]
fn promoted_again_it_is_the_same_item_with_another_importance() {
    let mut items = Items::new();
    let item = PulseItemId::try_from(id(1)).unwrap();
    promote(&mut items, item, "module.leads", "category.sales", 3);
    let before = items.at("category.sales").clone();
    promote(&mut items, item, "module.leads", "category.sales", 1);
    let after = items.at("category.sales");
    assert_eq!((after.item_id, after.created_at), (before.item_id, moment(1)));
    assert_eq!((after.importance, after.version, after.updated_at), (1, 2, moment(2)));
}
