use compact_str::format_compact;
use serde_json::json;

use super::{Items, title};
use crate::given::{id, moment, written};

const LEADS: &str = "module.leads";

fn lead(value: i64) -> Items {
    let mut items = Items::new();
    let value = json!({ "amount": value, "currency": "EUR" });
    let created = json!({ "name": "Ada Lovelace", "source": "form", "value": value });
    items.then(id(1), "xentri.lead.created.v1", created);
    items
}

fn contacted(items: &mut Items) {
    let contacted = json!({ "channel": "phone", "at": moment(2) });
    items.then(id(1), "xentri.lead.contacted.v1", contacted);
}

fn proposed(items: &mut Items, amount: i64, valid_until: &str) {
    let sent = json!({ "amount": { "amount": amount, "currency": "EUR" }, "valid_until": valid_until });
    items.then(id(1), "xentri.lead.proposal_sent.v1", sent);
}

fn follow_up(items: &mut Items, n: u64, due_at: &str) {
    let scheduled = json!({ "follow_up_id": written(n), "due_at": due_at, "note": "Ask Ada" });
    items.then(id(1), "xentri.followup.scheduled.v1", scheduled);
}

#[test]
fn a_new_lead_is_shown_until_somebody_talks_to_it() {
    let mut items = lead(120_000);
    let item = items.at(LEADS).clone();
    assert_eq!(title(&item, &[("lead", "Ada")]), "New lead: Ada");
    assert_eq!((item.importance, item.action_required, item.version), (3, true, 1));
    assert_eq!(item.action_url, Some(format_compact!("/sales/leads/{}", id(1))));
    assert_eq!((item.about_type.as_str(), item.about_id), ("lead", id(1)));
    assert_eq!((item.visible_from, item.expires_at, item.created_at), (None, None, moment(1)));
    contacted(&mut items);
    assert_eq!(items.shown(), []);
}

#[test]
fn a_lead_that_is_no_customer_needs_no_contact() {
    let mut items = lead(120_000);
    items.then(id(1), "xentri.lead.disqualified.v1", json!({ "reason": "Too far away" }));
    assert_eq!(items.shown(), []);
}

#[test]
fn a_qualified_lead_is_shown_until_it_has_a_proposal() {
    let mut items = lead(120_000);
    contacted(&mut items);
    items.then(id(1), "xentri.lead.qualified.v1", json!({ "score": 80, "reason": "Fits" }));
    let title = || "Ready for a proposal".to_owned();
    assert_eq!(items.shown(), [("subcategory.crm".into(), 3, title()), (LEADS.into(), 3, title())]);
    items.then(id(1), "xentri.lead.qualified.v1", json!({ "score": 79, "reason": "Fits less" }));
    assert_eq!(items.shown(), [(LEADS.into(), 3, title())], "the scope above judges it anew");
    proposed(&mut items, 100_000, "2026-03-31");
    assert_eq!(items.titles(LEADS), ["A proposal ends soon"]);
}

#[test]
fn a_proposal_shows_three_days_before_its_end_and_a_new_one_takes_its_place() {
    let mut items = lead(120_000);
    contacted(&mut items);
    proposed(&mut items, 100_000, "2026-03-31");
    let first = items.at(LEADS).clone();
    assert_eq!(first.visible_from, Some("2026-03-28T00:00:00Z".parse().unwrap()));
    proposed(&mut items, 90_000, "2026-04-30");
    let second = items.at(LEADS).clone();
    assert_eq!(second.visible_from, Some("2026-04-27T00:00:00Z".parse().unwrap()));
    assert_eq!(second.id, first.id, "one place");
    assert_ne!(second.item_id, first.item_id, "another item");
}

#[test]
fn a_deal_is_news_for_two_weeks_and_ends_what_was_to_do() {
    let mut items = lead(120_000);
    contacted(&mut items);
    proposed(&mut items, 100_000, "2026-03-31");
    let won = json!({ "amount": { "amount": 100_000, "currency": "EUR" } });
    items.then(id(1), "xentri.deal.won.v1", won);
    let title = "Deal won: 1,000.00 EUR";
    assert_eq!(
        items.shown(),
        [("subcategory.crm".into(), 3, title.to_owned()), (LEADS.into(), 2, title.to_owned())]
    );
    let item = items.at(LEADS);
    assert_eq!(item.expires_at, Some("2026-03-16T12:00:04Z".parse().unwrap()));
    assert!(!item.action_required);
}

#[test]
fn of_several_follow_ups_the_one_that_is_due_first_is_shown() {
    let mut items = lead(120_000);
    contacted(&mut items);
    follow_up(&mut items, 11, "2026-03-20T09:00:00Z");
    follow_up(&mut items, 12, "2026-03-10T09:00:00Z");
    follow_up(&mut items, 13, "2026-03-30T09:00:00Z");
    let due = |items: &Items| items.at(LEADS).visible_from.unwrap().to_string();
    assert_eq!(due(&items), "2026-03-10T09:00:00.000000Z");
    let source = items.at(LEADS).source_event_id;
    assert_eq!(source, items.events[3].envelope.id.uuid(), "it is the item of the second event");
    let done = |n: u64| json!({ "follow_up_id": written(n) });
    items.then(id(1), "xentri.followup.completed.v1", done(12));
    assert_eq!(due(&items), "2026-03-20T09:00:00.000000Z");
    items.then(id(1), "xentri.followup.completed.v1", done(13));
    assert_eq!(due(&items), "2026-03-20T09:00:00.000000Z");
    assert_eq!(items.at(LEADS).created_at, moment(3));
    assert_eq!(
        super::in_english().summary(items.at(LEADS), &[]).unwrap(),
        "Somebody was to come back to this lead on 20 March 2026."
    );
    items.then(id(1), "xentri.followup.completed.v1", done(11));
    assert_eq!(items.shown(), []);
}

#[test]
fn a_lost_lead_ends_all_its_follow_ups_and_says_so() {
    let mut items = lead(120_000);
    contacted(&mut items);
    follow_up(&mut items, 11, "2026-03-20T09:00:00Z");
    follow_up(&mut items, 12, "2026-03-10T09:00:00Z");
    items.then(id(1), "xentri.deal.lost.v1", json!({ "reason": "Too dear" }));
    assert_eq!(items.titles(LEADS), ["Deal lost"]);
    assert_eq!(items.titles("subcategory.crm"), ["Deal lost"]);
}
