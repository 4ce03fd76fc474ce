use serde_json::{Value, json};

use super::Items;
use crate::given::{id, moment};

const INVOICING: &str = "module.invoicing";

fn euros(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

fn draft() -> Items {
    let mut items = Items::new();
    let customer = json!({ "subject_id": id(9).to_string(), "name": "Ada Lovelace" });
    let drafted = json!({ "customer": customer, "currency": "EUR", "lines": [], "due_in_days": 14 });
    items.then(id(1), "xentri.invoice.drafted.v1", drafted);
    items
}

fn issued() -> Items {
    let mut items = draft();
    let totals = json!({ "subtotal": euros(1000), "tax": euros(0), "total": euros(1000) });
    let issued = json!({ "number": "INV-2026-000042", "year": 2026, "sequence": 42, "totals": totals,
                         "issue_date": "2026-03-02", "due_date": "2026-03-16" });
    items.then(id(1), "xentri.invoice.issued.v1", issued);
    items
}

fn paid(items: &mut Items, amount: i64, outstanding: i64) {
    let balance =
        json!({ "paid": euros(amount), "outstanding": euros(outstanding), "net_paid": euros(amount) });
    let recorded = json!({ "amount": euros(amount), "method": "card", "reference": "4711",
                           "received_at": moment(3), "balance": balance });
    items.then(id(1), "xentri.invoice.payment_recorded.v1", recorded);
}

fn overdue(items: &mut Items) {
    let overdue = json!({ "due_date": "2026-03-16", "outstanding": euros(1000) });
    items.then(id(1), "xentri.invoice.overdue.v1", overdue);
}

#[test]
fn a_draft_that_is_forgotten_shows_after_two_days() {
    let items = draft();
    let item = items.at(INVOICING);
    assert_eq!(item.visible_from, Some("2026-03-04T12:00:01Z".parse().unwrap()));
    assert_eq!((item.importance, item.action_required, item.expires_at), (4, true, None));
}

#[test]
fn an_issued_invoice_is_news_and_no_draft_any_more() {
    let items = issued();
    assert_eq!(items.shown(), [(INVOICING.into(), 5, "Invoice INV-2026-000042 issued: 10.00 EUR".into())]);
    assert_eq!(items.at(INVOICING).expires_at, Some("2026-03-09T12:00:02Z".parse().unwrap()));
}

#[test]
fn an_overdue_invoice_is_the_most_important_until_it_is_paid() {
    let mut items = issued();
    overdue(&mut items);
    let title = "Invoice overdue: 10.00 EUR";
    assert!(items.titles(INVOICING).contains(&title.to_owned()));
    assert_eq!(items.titles("subcategory.receivables"), [title]);
    let top = items.rows.values().map(|row| (row.importance, row.action_required)).min();
    assert_eq!(top, Some((1, true)));
    paid(&mut items, 1000, 0);
    items.then(id(1), "xentri.invoice.paid.v1", json!({ "total": euros(1000) }));
    assert_eq!(items.titles("subcategory.receivables"), Vec::<String>::new());
    let left = ["Invoice INV-2026-000042 issued: 10.00 EUR", "Invoice paid: 10.00 EUR"];
    assert_eq!(items.titles(INVOICING), left);
}

#[test]
fn an_overdue_item_says_what_is_left_and_stays_the_same_item() {
    let mut items = issued();
    overdue(&mut items);
    let before = items.at("subcategory.receivables").clone();
    paid(&mut items, 400, 600);
    let after = items.at("subcategory.receivables");
    assert_eq!(super::title(after, &[("invoice", "42")]), "Invoice 42 overdue: 6.00 EUR");
    assert_eq!((after.item_id, after.created_at), (before.item_id, before.created_at));
    assert_eq!(after.version, 4);
    assert!(items.titles(INVOICING).contains(&"Part of an invoice paid".to_owned()));
    let balance = json!({ "paid": euros(0), "outstanding": euros(1000), "net_paid": euros(0) });
    let refunded = json!({ "amount": euros(400), "reason": "Burnt", "balance": balance });
    items.then(id(1), "xentri.invoice.refunded.v1", refunded);
    assert_eq!(items.titles("subcategory.receivables"), ["Invoice overdue: 10.00 EUR"]);
    assert!(items.titles(INVOICING).contains(&"Refund of 4.00 EUR".to_owned()));
}

#[test]
fn a_payment_alone_makes_no_item_overdue() {
    let mut items = issued();
    paid(&mut items, 400, 600);
    assert_eq!(items.titles("subcategory.receivables"), Vec::<String>::new());
}

#[test]
fn a_void_invoice_is_neither_to_issue_nor_overdue() {
    let mut items = issued();
    overdue(&mut items);
    items.then(id(1), "xentri.invoice.voided.v1", json!({ "reason": "Twice" }));
    assert_eq!(items.shown(), [(INVOICING.into(), 4, "Invoice voided".into())]);
}
