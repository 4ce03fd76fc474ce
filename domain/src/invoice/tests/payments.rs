//! Money that comes in and goes back.

use serde_json::{Value, json};

use super::{
    a_draft, a_paid_one, a_partially_paid_one, an_issued_one, balance, eur, overdue, paid, payment,
    payment_recorded, refunded,
};
use crate::aggregate::scenario::given;
use crate::aggregate::{Refusal, RefusalKind};
use crate::invoice::{Invoice, Status};
use crate::kernel::{Coded, Money};

fn refund(amount: i64) -> Value {
    json!({ "amount": eur(amount), "reason": "a mistake" })
}

fn refusal(history: Vec<Value>, command: &str, body: Value) -> (&'static str, Option<String>, RefusalKind) {
    let error = given::<Invoice>(history).when(command, body).refusal();
    (error.code(), error.pointer().map(Into::into), error.kind())
}

fn invalid(code: &'static str, pointer: &str) -> (&'static str, Option<String>, RefusalKind) {
    (code, Some(pointer.to_owned()), RefusalKind::Invalid)
}

#[test]
fn a_part_leaves_the_rest_outstanding_and_the_last_part_pays_the_invoice() {
    let part = payment_recorded(21_000, "P-1", &balance(21_000, 100_000, 21_000));
    let state = given::<Invoice>(an_issued_one()).when("record-payment", payment(21_000, "P-1")).then([part]);
    assert_eq!(state.into_state().status, Status::PartiallyPaid);

    let rest = payment_recorded(100_000, "P-2", &balance(121_000, 0, 121_000));
    let history = [a_partially_paid_one(), vec![overdue()]].concat();
    let state = given::<Invoice>(history)
        .when("record-payment", payment(100_000, "P-2"))
        .then([rest, paid()])
        .into_state();
    assert_eq!((state.status, state.overdue), (Status::Paid, false));
}

#[test]
fn a_paid_invoice_refuses_another_payment_and_a_draft_the_first() {
    for history in [a_paid_one(), a_draft()] {
        let (code, _, kind) = refusal(history, "record-payment", payment(1, "P-9"));
        assert_eq!((code, kind), ("illegal_transition", RefusalKind::IllegalTransition));
    }
}

#[test]
fn no_more_is_paid_than_what_is_outstanding() {
    let pay = |history, amount| refusal(history, "record-payment", payment(amount, "P-9"));
    assert_eq!(pay(an_issued_one(), 121_001), invalid("overpayment", "/amount"));
    assert_eq!(pay(a_partially_paid_one(), 100_001), invalid("overpayment", "/amount"));
    assert_eq!(pay(a_partially_paid_one(), Money::MAX_AMOUNT), invalid("overpayment", "/amount"));
}

#[test]
fn amounts_are_above_zero_and_in_the_currency_of_the_invoice() {
    let dollars = json!({ "amount": 1, "currency": "USD" });
    for (command, history) in [("record-payment", an_issued_one()), ("refund", a_paid_one())] {
        let with = |amount: &Value| {
            let mut body = if command == "refund" { refund(1) } else { payment(1, "P-9") };
            body["amount"] = amount.clone();
            body
        };
        for amount in [0, -1, -Money::MAX_AMOUNT] {
            let refused = refusal(history.clone(), command, with(&eur(amount)));
            assert_eq!(refused, invalid("not_positive", "/amount"));
        }
        let refused = refusal(history.clone(), command, with(&dollars));
        assert_eq!(refused, invalid("currency_mismatch", "/amount/currency"));
        for amount in [eur(i64::MAX), eur(i64::MIN), eur(Money::MAX_AMOUNT + 1), json!(1), json!(null)] {
            given::<Invoice>(history.clone()).when(command, with(&amount)).malformed();
        }
    }
}

#[test]
fn a_payment_is_recorded_once() {
    let again = |reference: &str| {
        given::<Invoice>(a_partially_paid_one()).when("record-payment", payment(1, reference)).answer()
    };
    for reference in ["P-1", "  P-1 "] {
        let error = again(reference).unwrap_err();
        assert_eq!((error.code(), error.pointer().as_deref()), ("reference_taken", Some("/reference")));
        assert_eq!(error.kind(), RefusalKind::Taken);
        assert!(!error.to_string().contains("P-1"), "what a bank writes there may be a name");
    }
    assert!(again("p-1").is_ok());

    // Giving it back does not make it another payment.
    let history = [a_partially_paid_one(), vec![refunded(21_000, &balance(0, 121_000, 0))]].concat();
    assert_eq!(refusal(history, "record-payment", payment(1, "P-1")).0, "reference_taken");
}

#[test]
fn a_payment_may_lie_in_the_past_or_five_minutes_ahead() {
    let at = |moment: &str| {
        let mut body = payment(1, "P-9");
        body["received_at"] = moment.into();
        given::<Invoice>(an_issued_one()).when("record-payment", body).answer()
    };
    assert!(at("2025-12-01T10:00:00Z").is_ok(), "before it was issued: in advance");
    assert!(at("2026-03-02T15:05:00Z").is_ok());
    let error = at("2026-03-02T15:05:00.000001Z").unwrap_err();
    assert_eq!((error.code(), error.pointer().as_deref()), ("in_the_future", Some("/received_at")));
}

#[test]
fn payments_have_a_bound() {
    let parts = (1..=500).map(|n| payment_recorded(1, &format!("P-{n}"), &balance(n, 121_000 - n, n)));
    let history: Vec<_> = an_issued_one().into_iter().chain(parts).collect();
    let (code, pointer, kind) = refusal(history, "record-payment", payment(1, "P-501"));
    assert_eq!((code, pointer, kind), ("too_many_payments", None, RefusalKind::IllegalTransition));
}

#[test]
fn what_is_no_payment_never_becomes_a_command() {
    for (field, value) in [
        ("method", json!("barter")),
        ("method", json!(null)),
        ("reference", json!("")),
        ("reference", json!(" ")),
        ("reference", json!("x".repeat(141))),
        ("reference", json!("a\u{0}b")),
        ("reference", json!("a\nb")),
        ("reference", json!(7)),
        ("received_at", json!("yesterday")),
        ("received_at", json!("2026-02-30T10:00:00Z")),
        ("received_at", json!(null)),
        ("note", json!("thanks")),
    ] {
        let mut body = payment(1, "P-9");
        body[field] = value;
        given::<Invoice>(an_issued_one()).when("record-payment", body).malformed();
    }
}

#[test]
fn a_refund_before_full_payment_reopens_the_debt() {
    let part = refunded(1_000, &balance(20_000, 101_000, 20_000));
    let state =
        given::<Invoice>(a_partially_paid_one()).when("refund", refund(1_000)).then([part]).into_state();
    assert_eq!(state.status, Status::PartiallyPaid);

    let all = refunded(21_000, &balance(0, 121_000, 0));
    let state =
        given::<Invoice>(a_partially_paid_one()).when("refund", refund(21_000)).then([all]).into_state();
    assert_eq!(state.status, Status::Issued);
}

#[test]
fn a_refund_after_full_payment_reopens_nothing() {
    for amount in [1_000, 121_000] {
        let event = refunded(amount, &balance(121_000, 0, 121_000 - amount));
        let state = given::<Invoice>(a_paid_one()).when("refund", refund(amount)).then([event]).into_state();
        assert_eq!((state.status, state.shown_status()), (Status::Paid, "paid"));
    }
}

#[test]
fn no_more_is_given_back_than_what_is_left_of_the_payments() {
    let back = |history, amount| refusal(history, "refund", refund(amount));
    assert_eq!(back(a_partially_paid_one(), 21_001), invalid("refund_too_large", "/amount"));
    assert_eq!(back(a_paid_one(), 121_001), invalid("refund_too_large", "/amount"));
    let history = [a_paid_one(), vec![refunded(100_000, &balance(121_000, 0, 21_000))]].concat();
    assert_eq!(back(history, 21_001), invalid("refund_too_large", "/amount"));
}

#[test]
fn a_reminder_says_what_is_outstanding() {
    given::<Invoice>(a_partially_paid_one()).when("send-reminder", json!({})).then([json!({
        "type": "xentri.invoice.reminder_sent.v1", "due_date": "2026-02-28", "outstanding": eur(100_000),
    })]);
}
