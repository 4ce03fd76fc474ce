//! The whole table of an invoice, what each cell records, and what holds whatever is asked of it.

mod histories;
mod issue;
mod lines;
mod payments;

use serde_json::{Value, json};

use super::{Invoice, InvoiceCommand, InvoiceError, InvoiceEvent, Status};
use crate::aggregate::scenario::{Given, fold, fresh_id, given, org_id, read_event, stream_id};
use crate::aggregate::{Authority, CommandSet, EventSet, HoldsPersonal, Refusal, RefusalKind, table};
use crate::claims::InvoiceNumbers;
use crate::kernel::{Coded, LeadId, Permission, SubjectId};
use crate::org::Org;

fn eur(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

/// Ten hours at 100.00 with 21 % tax: 1,210.00.
fn line() -> Value {
    json!({ "description": "Design", "quantity": "10", "unit_price": 10_000, "tax_rate_bp": 2100 })
}

fn draft(lines: &[Value]) -> Value {
    json!({ "customer": { "name": "Ada Lovelace" }, "currency": "EUR", "lines": lines, "due_in_days": 30 })
}

fn drafted(lines: &[Value]) -> Value {
    json!({
        "type": "xentri.invoice.drafted.v1", "customer": { "subject_id": fresh_id(), "name": "Ada Lovelace" },
        "currency": "EUR", "lines": lines, "due_in_days": 30,
    })
}

fn totals(subtotal: i64, tax: i64) -> Value {
    json!({ "subtotal": eur(subtotal), "tax": eur(tax), "total": eur(subtotal + tax) })
}

fn issued() -> Value {
    json!({
        "type": "xentri.invoice.issued.v1", "number": "INV-2026-000001", "year": 2026, "sequence": 1,
        "issue_date": "2026-01-29", "due_date": "2026-02-28", "totals": totals(100_000, 21_000),
    })
}

fn balance(paid: i64, outstanding: i64, net_paid: i64) -> Value {
    json!({ "paid": eur(paid), "outstanding": eur(outstanding), "net_paid": eur(net_paid) })
}

fn payment(amount: i64, reference: &str) -> Value {
    json!({
        "amount": eur(amount), "method": "bank_transfer", "reference": reference,
        "received_at": "2026-03-02T09:00:00.000000Z",
    })
}

fn payment_recorded(amount: i64, reference: &str, balance: &Value) -> Value {
    let mut event = payment(amount, reference);
    event["type"] = "xentri.invoice.payment_recorded.v1".into();
    event["balance"] = balance.clone();
    event
}

fn paid() -> Value {
    json!({ "type": "xentri.invoice.paid.v1", "total": eur(121_000) })
}

fn refunded(amount: i64, balance: &Value) -> Value {
    json!({
        "type": "xentri.invoice.refunded.v1", "amount": eur(amount), "reason": "a mistake", "balance": balance,
    })
}

fn overdue() -> Value {
    json!({ "type": "xentri.invoice.overdue.v1", "due_date": "2026-02-28", "outstanding": eur(121_000) })
}

fn voided() -> Value {
    json!({ "type": "xentri.invoice.voided.v1", "reason": "a mistake" })
}

fn a_draft() -> Vec<Value> {
    vec![drafted(&[line()])]
}

fn an_issued_one() -> Vec<Value> {
    vec![drafted(&[line()]), issued()]
}

fn a_partially_paid_one() -> Vec<Value> {
    [an_issued_one(), vec![payment_recorded(21_000, "P-1", &balance(21_000, 100_000, 21_000))]].concat()
}

fn a_paid_one() -> Vec<Value> {
    [an_issued_one(), vec![payment_recorded(121_000, "P-1", &balance(121_000, 0, 121_000)), paid()]].concat()
}

/// With the numbers of 2026, of which these many are taken.
fn numbered(given: Given<Invoice>, taken: u32) -> Given<Invoice> {
    let events = (1..=taken).map(|number| {
        json!({ "type": "xentri.invoice_number.taken.v1", "year": 2026, "number": number, "invoice_id": fresh_id() })
    });
    given.and::<InvoiceNumbers>(InvoiceNumbers::of(org_id(), 2026), events)
}

fn states() -> Vec<table::Column> {
    let with = |history: &[Value], event: Value| [history, &[event]].concat();
    let (issued, part, paid) = (an_issued_one(), a_partially_paid_one(), a_paid_one());
    vec![
        ("absent", vec![]),
        ("empty draft", vec![drafted(&[])]),
        ("draft", a_draft()),
        ("issued", issued.clone()),
        ("issued, overdue", with(&issued, overdue())),
        ("partially paid", part.clone()),
        ("partially paid, overdue", with(&part, overdue())),
        ("refunded before it was paid", with(&part, refunded(21_000, &balance(0, 121_000, 0)))),
        ("paid", paid.clone()),
        ("refunded after it was paid", with(&paid, refunded(121_000, &balance(121_000, 0, 0)))),
        ("void draft", with(&a_draft(), voided())),
        ("void", with(&issued, voided())),
    ]
}

const NONE: &str = "!not_found";
const NO: &str = "!illegal_transition";
const HERE: &str = "!already_exists";

#[test]
#[rustfmt::skip]
fn the_whole_table() {
    let lines = json!({ "lines": [line(), line()] });
    let reason = json!({ "reason": "a mistake" });
    let refund = json!({ "amount": eur(1), "reason": "a mistake" });
    table::check_with::<Invoice>(&states(), &[
        // command, body                              absent, empty draft, draft, issued, overdue, part, part overdue, refunded, paid, paid refunded, void draft, void
        ("draft", draft(&[line()]),                   &["invoice.drafted", HERE, HERE, HERE, HERE, HERE, HERE, HERE, HERE, HERE, HERE, HERE]),
        ("change-lines", lines,                       &[NONE, "invoice.lines_changed", "invoice.lines_changed", NO, NO, NO, NO, NO, NO, NO, NO, NO]),
        ("issue", json!({}),                          &[NONE, "!no_lines", "invoice.issued invoice_number.taken", NO, NO, NO, NO, NO, NO, NO, NO, NO]),
        ("record-payment", payment(1, "P-9"),         &[NONE, NO, NO, "invoice.payment_recorded", "invoice.payment_recorded", "invoice.payment_recorded", "invoice.payment_recorded", "invoice.payment_recorded", NO, NO, NO, NO]),
        ("record-payment", payment(100_000, "P-9"),   &[NONE, NO, NO, "invoice.payment_recorded", "invoice.payment_recorded", "invoice.payment_recorded invoice.paid", "invoice.payment_recorded invoice.paid", "invoice.payment_recorded", NO, NO, NO, NO]),
        ("refund", refund,                            &[NONE, NO, NO, NO, NO, "invoice.refunded", "invoice.refunded", NO, "invoice.refunded", "!refund_too_large", NO, NO]),
        ("mark-overdue", json!({}),                   &[NONE, NO, NO, "invoice.overdue", "nothing", "invoice.overdue", "nothing", "invoice.overdue", NO, NO, NO, NO]),
        ("send-reminder", json!({}),                  &[NONE, NO, NO, "invoice.reminder_sent", "invoice.reminder_sent", "invoice.reminder_sent", "invoice.reminder_sent", "invoice.reminder_sent", NO, NO, NO, NO]),
        ("void", reason,                              &[NONE, "invoice.voided", "invoice.voided", "invoice.voided", "invoice.voided", NO, NO, "invoice.voided", NO, NO, NO, NO]),
    ], |_, given| numbered(given, 0));
}

#[test]
fn what_is_shown_is_the_status_unless_it_is_overdue() {
    let shown = |history| fold::<Invoice>(history).shown_status();
    let words: Vec<_> = states().into_iter().map(|(_, history)| shown(history)).collect();
    assert_eq!(
        words,
        [
            "absent",
            "draft",
            "draft",
            "issued",
            "overdue",
            "partially_paid",
            "overdue",
            "issued",
            "paid",
            "paid",
            "void",
            "void",
        ]
    );
    let with = |events: &[Value]| [a_partially_paid_one(), events.to_vec()].concat();
    let rest = payment_recorded(100_000, "P-2", &balance(121_000, 0, 121_000));
    assert_eq!(shown(with(&[overdue(), rest, paid()])), "paid");
    let back = refunded(21_000, &balance(0, 121_000, 0));
    assert_eq!(shown(with(&[overdue(), back.clone()])), "overdue", "the debt is as late as before");
    assert_eq!(shown(with(&[overdue(), back, voided()])), "void");
}

#[test]
fn a_refusal_names_the_state_and_the_command() {
    given::<Invoice>(a_partially_paid_one()).when("void", json!({ "reason": "r" })).refused(|error, id| {
        let status = Status::PartiallyPaid;
        assert_eq!(*error, InvoiceError::IllegalTransition { id, status, command: "void" });
        assert_eq!(error.to_string(), format!("invoice {id} is partially_paid, which does not allow void"));
        assert_eq!(error.kind(), RefusalKind::IllegalTransition);
    });
}

#[test]
fn a_draft_keeps_what_was_told() {
    let lead = LeadId::v7(5, [5; 10]);
    let body = json!({
        "customer": {
            "name": " Ada Lovelace ", "email": "Ada@EXAMPLE.com", "phone": "+34 600 000 000",
            "address": "Calle Mayor 1\n28013 Madrid",
        },
        "currency": "USD", "lines": [line()], "due_in_days": 14, "lead_id": lead,
    });
    given::<Invoice>([]).when("draft", body).then([json!({
        "type": "xentri.invoice.drafted.v1",
        "customer": {
            "subject_id": lead, "name": "Ada Lovelace", "email": "Ada@example.com", "phone": "+34600000000",
            "address": "Calle Mayor 1\n28013 Madrid",
        },
        "currency": "USD", "lines": [line()], "due_in_days": 14, "lead_id": lead,
    })]);
}

#[test]
fn an_invoice_is_in_the_currency_of_the_org_unless_it_names_another() {
    let mut body = draft(&[line()]);
    body.as_object_mut().unwrap().remove("currency");
    given::<Invoice>([]).when("draft", body.clone()).then([drafted(&[line()])]);

    let error = given::<Invoice>([]).and::<Org>(org_id(), []).when("draft", body).refusal();
    assert_eq!((error.code(), error.pointer().as_deref()), ("no_currency", Some("/currency")));
}

#[test]
fn the_customer_is_the_person_named_or_the_lead_or_somebody_new() {
    let (named, lead) = (json!(SubjectId::v7(6, [6; 10])), json!(LeadId::v7(5, [5; 10])));
    for (subject_id, lead_id, subject) in [
        (Some(&named), Some(&lead), &named),
        (Some(&named), None, &named),
        (None, Some(&lead), &lead),
        (None, None, &json!(fresh_id())),
    ] {
        let mut body = draft(&[line()]);
        body["customer"]["subject_id"] = json!(subject_id);
        body["lead_id"] = json!(lead_id);
        let mut event = drafted(&[line()]);
        event["customer"]["subject_id"] = subject.clone();
        if let Some(lead_id) = lead_id {
            event["lead_id"] = lead_id.clone();
        }
        given::<Invoice>([]).when("draft", body).then([event.clone()]);
        let about = read_event::<InvoiceEvent>(&event).subject(stream_id());
        assert_eq!(json!(about), *subject);
    }
}

#[test]
fn only_the_draft_brings_personal_data_and_it_says_where() {
    let mut event = drafted(&[line()]);
    event["customer"]["email"] = "ada@example.com".into();
    event["customer"]["phone"] = "+34600000000".into();
    event["customer"]["address"] = "Calle Mayor 1".into();
    let mut read = read_event::<InvoiceEvent>(&event);
    let mut state = fold::<Invoice>([event.clone()]);
    let written = serde_json::to_value(&state).unwrap();
    let holders: [(&mut dyn HoldsPersonal, Value); 2] = [(&mut read, event), (&mut state, written)];
    for (holder, written) in holders {
        let mut pointers = Vec::new();
        holder.visit_personal(&mut |pointer, field| {
            assert_eq!(field.open_text().as_deref(), written.pointer(pointer).unwrap().as_str());
            pointers.push(pointer.to_owned());
        });
        assert_eq!(pointers, ["/customer/name", "/customer/email", "/customer/phone", "/customer/address"]);
    }
    for (state, history) in states() {
        for event in history.iter().skip(1) {
            let mut event = read_event::<InvoiceEvent>(event);
            assert_eq!(event.subject(stream_id()), None, "{state}");
            event.visit_personal(&mut |pointer, _| panic!("{state}: {pointer}"));
        }
    }
}

#[test]
fn what_is_no_value_never_becomes_a_draft() {
    let with = |pointer: &str, value: Value| {
        let mut body = json!({
            "customer": { "name": "Ada", "email": null, "phone": null, "address": null, "subject_id": null },
            "currency": "EUR", "lines": [], "due_in_days": 30, "lead_id": null, "id": null,
        });
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    assert!(given::<Invoice>([]).when("draft", with("/id", json!(null))).answer().is_ok());
    for (pointer, value) in [
        ("/customer/name", json!("")),
        ("/customer/name", json!("x".repeat(201))),
        ("/customer/name", json!("a\u{0}b")),
        ("/customer/name", json!("two\nlines")),
        ("/customer/name", json!({ "$p": null })),
        ("/customer/email", json!("nobody")),
        ("/customer/phone", json!("600 000 000")),
        ("/customer/address", json!("x".repeat(501))),
        ("/customer/address", json!(" \n ")),
        ("/customer/subject_id", json!("00000000-0000-0000-0000-000000000000")),
        ("/customer", json!({ "name": "Ada", "vat": "ES1" })),
        ("/customer", json!({})),
        ("/currency", json!("EURO")),
        ("/currency", json!("eur")),
        ("/lines", json!(null)),
        ("/due_in_days", json!(-1)),
        ("/due_in_days", json!(366)),
        ("/due_in_days", json!(1.5)),
        ("/due_in_days", json!(u64::MAX)),
        ("/due_in_days", json!(null)),
        ("/lead_id", json!("ada")),
        ("/id", json!("1")),
    ] {
        given::<Invoice>([]).when("draft", with(pointer, value)).malformed();
    }
    for days in [0, 365] {
        assert!(given::<Invoice>([]).when("draft", with("/due_in_days", json!(days))).answer().is_ok());
    }
}

#[test]
fn reasons_are_given() {
    for reason in [json!(""), json!("x".repeat(1001)), json!("a\u{0}"), json!(null), json!(7)] {
        given::<Invoice>(a_draft()).when("void", json!({ "reason": reason.clone() })).malformed();
        let refund = json!({ "amount": eur(1), "reason": reason });
        given::<Invoice>(a_paid_one()).when("refund", refund).malformed();
    }
    for (command, history) in
        [("issue", a_draft()), ("mark-overdue", an_issued_one()), ("send-reminder", an_issued_one())]
    {
        given::<Invoice>(history).when(command, json!({ "force": true })).malformed();
    }
}

#[test]
fn a_draft_is_voided_without_a_number_and_an_issued_one_keeps_its_own() {
    let reason = json!({ "reason": "a mistake" });
    let state = given::<Invoice>(a_draft()).when("void", reason.clone()).then([voided()]).into_state();
    assert_eq!((state.status, state.bill), (Status::Void, None));

    let state = given::<Invoice>(an_issued_one()).when("void", reason).then([voided()]).into_state();
    let bill = state.bill.unwrap();
    assert_eq!(bill.number.as_str(), "INV-2026-000001");
    assert_eq!(serde_json::to_value(bill.balance).unwrap(), balance(0, 0, 0), "nothing is owed any more");
}

#[test]
fn to_issue_refund_and_void_takes_more_than_to_write() {
    let may = |authority| {
        let kinds = InvoiceCommand::KINDS.iter().filter(move |kind| kind.authority == authority);
        kinds.map(|kind| kind.name).collect::<Vec<_>>()
    };
    assert_eq!(may(Authority::Permission(Permission::FINANCE_ISSUE)), ["issue", "refund", "void"]);
    assert_eq!(may(Authority::System), ["mark-overdue"]);
    let write = Authority::Permission(Permission::FINANCE_WRITE);
    assert_eq!(may(write), ["draft", "change-lines", "record-payment", "send-reminder"]);
}

#[test]
fn the_state_is_what_a_user_may_see() {
    given::<Invoice>(a_partially_paid_one()).when("mark-overdue", json!({})).then([json!({
        "type": "xentri.invoice.overdue.v1", "due_date": "2026-02-28", "outstanding": eur(100_000),
    })]).state(&json!({
        "status": "partially_paid", "overdue": true,
        "customer": { "subject_id": fresh_id(), "name": "Ada Lovelace" }, "lead_id": null, "currency": "EUR",
        "lines": [line()], "due_in_days": 30,
        "bill": {
            "number": "INV-2026-000001", "issue_date": "2026-01-29", "due_date": "2026-02-28",
            "totals": totals(100_000, 21_000), "balance": balance(21_000, 100_000, 21_000),
        },
        "references": ["P-1"],
    }));
}
