//! What holds of an invoice whatever is asked of it.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{draft, payment};
use crate::aggregate::histories;
use crate::claims::InvoiceNumbers;
use crate::invoice::{Invoice, InvoiceEvent, Status};
use crate::kernel::Money;

/// Small ones that often fit, and the ends of what numbers can be.
fn amounts() -> impl Strategy<Value = i64> {
    let max = Money::MAX_AMOUNT;
    prop_oneof![
        6 => Just(1_000_i64),
        6 => (1_i64..4).prop_map(|n| n * 1_000),
        2 => prop::sample::select(vec![max, max - 1_000, 1]),
        1 => prop::sample::select(vec![0, -1, -max, max + 1, i64::MAX, i64::MIN]),
    ]
}

fn lines() -> impl Strategy<Value = Vec<Value>> {
    let price = prop_oneof![
        4 => Just(1_000_i64),
        2 => Just(2_000_i64),
        1 => prop::sample::select(vec![0, -1_000, Money::MAX_AMOUNT, Money::MAX_AMOUNT - 1_000, i64::MAX, i64::MIN]),
    ];
    let rate = prop_oneof![3 => Just(0_i64), 1 => prop::sample::select(vec![1, 2100, 10_000])];
    let line = (price, rate).prop_map(|(price, rate)| {
        json!({ "description": "x", "quantity": "1", "unit_price": price, "tax_rate_bp": rate })
    });
    prop::collection::vec(line, 0..4)
}

fn money() -> impl Strategy<Value = Value> {
    let currency = prop_oneof![9 => Just("EUR"), 1 => Just("USD")];
    (amounts(), currency).prop_map(|(amount, currency)| json!({ "amount": amount, "currency": currency }))
}

fn commands() -> impl Strategy<Value = (&'static str, Value)> {
    prop_oneof![
        2 => (lines(), 0..4_u16).prop_map(|(lines, days): (_, u16)| {
            let mut body = draft(&lines);
            body["due_in_days"] = days.into();
            ("draft", body)
        }),
        1 => lines().prop_map(|lines| ("change-lines", json!({ "lines": lines }))),
        2 => Just(("issue", json!({}))),
        5 => (money(), 1..6_u8).prop_map(|(amount, reference)| {
            let mut body = payment(1, &format!("P-{reference}"));
            body["amount"] = amount;
            ("record-payment", body)
        }),
        2 => money().prop_map(|amount| ("refund", json!({ "amount": amount, "reason": "r" }))),
        2 => Just(("mark-overdue", json!({}))),
        1 => Just(("send-reminder", json!({}))),
        1 => Just(("void", json!({ "reason": "r" }))),
    ]
}

#[test]
fn whatever_is_asked_paid_and_outstanding_make_the_total_and_what_is_final_stays_so() {
    let seen = RefCell::new(BTreeSet::new());
    histories::check::<Invoice>(
        commands(),
        histories::add_empty::<InvoiceNumbers>,
        |before, after, events| {
            assert!(!events.is_empty() || before == after);
            final_stays_final(before, after, events);
            a_bill_stays_as_it_was_issued(before, after);
            money_adds_up(after);
            seen.borrow_mut().insert(what_it_came_to(after));
        },
    );
    let ways =
        ["draft", "issued", "overdue", "paid", "paid and refunded", "partially_paid", "void", "void draft"];
    let seen = seen.into_inner();
    assert!(ways.iter().all(|way| seen.contains(way)), "never tried: {seen:?}");
}

fn final_stays_final(before: &Invoice, after: &Invoice, events: &[InvoiceEvent]) {
    match before.status {
        Status::Void => assert_eq!((before, events), (after, [].as_slice())),
        Status::Paid => {
            assert_eq!(after.status, Status::Paid);
            assert!(events.iter().all(|event| matches!(event, InvoiceEvent::Refunded(_))), "{events:?}");
        }
        _ => {}
    }
}

fn a_bill_stays_as_it_was_issued(before: &Invoice, after: &Invoice) {
    let has_one = matches!(after.status, Status::Issued | Status::PartiallyPaid | Status::Paid);
    assert!(!has_one || after.bill.is_some());
    if let Some(bill) = &before.bill {
        let kept = after.bill.as_ref().unwrap();
        assert_eq!(
            (&bill.number, bill.issue_date, bill.due_date, bill.totals),
            (&kept.number, kept.issue_date, kept.due_date, kept.totals)
        );
        assert_eq!(before.lines, after.lines);
        assert!(before.references.is_subset(&after.references));
    }
}

fn money_adds_up(invoice: &Invoice) {
    let Some(bill) = &invoice.bill else { return };
    let (totals, balance) = (bill.totals, bill.balance);
    assert_eq!(totals.subtotal.checked_add(totals.tax), Ok(totals.total));
    assert!(!totals.total.is_negative());
    assert!([balance.paid, balance.outstanding, balance.net_paid].iter().all(|money| !money.is_negative()));
    let owed =
        if invoice.status == Status::Void { Money::zero(totals.total.currency()) } else { totals.total };
    assert_eq!(balance.paid.checked_add(balance.outstanding), Ok(owed));
    assert_ne!(balance.net_paid.compare(balance.paid), Ok(Ordering::Greater));
    let (is_paid, is_settled) = (!balance.net_paid.is_zero(), balance.outstanding.is_zero());
    match invoice.status {
        Status::Issued => assert!(!is_paid && !is_settled),
        Status::PartiallyPaid => assert!(is_paid && !is_settled),
        Status::Paid => assert!(is_settled),
        Status::Void => assert!(!is_paid && is_settled),
        Status::Absent | Status::Draft => panic!("{invoice:?} has a bill"),
    }
    assert!(!invoice.overdue || !is_settled);
    assert!(is_settled || balance.net_paid == balance.paid);
}

/// So that the test can tell that it has been everywhere.
fn what_it_came_to(invoice: &Invoice) -> &'static str {
    match &invoice.bill {
        Some(bill) if invoice.status == Status::Paid && bill.balance.net_paid != bill.totals.total => {
            "paid and refunded"
        }
        None if invoice.status == Status::Void => "void draft",
        _ => invoice.shown_status(),
    }
}
