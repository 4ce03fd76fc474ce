mod stored;
mod sums;

use serde_json::{Value, json};
use xentri_domain::registry::STREAM_TYPES;

use super::{InvoiceRow, Invoices};
use crate::given::{Given, every_kind_counts, id, moment, samples};
use crate::kit::Projection as _;

const INVOICE: u64 = 1;
const CUSTOMER: u64 = 2;
const LEAD: u64 = 3;

fn eur(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

fn balance(paid: i64, outstanding: i64) -> Value {
    json!({ "paid": eur(paid), "outstanding": eur(outstanding), "net_paid": eur(paid) })
}

/// One line of 1000 with 21 % tax.
fn lines() -> Value {
    json!([{ "description": "Bread", "quantity": "2", "unit_price": 500, "tax_rate_bp": 2100 }])
}

fn drafted(customer: u64, name: &str, currency: &str) -> Value {
    let customer = json!({
        "subject_id": id(customer).to_string(), "name": name, "email": "ada@example.com",
        "phone": "+34600000001", "address": "Calle Mayor 1\nMadrid",
    });
    json!({
        "customer": customer, "currency": currency, "lines": lines(), "due_in_days": 30,
        "lead_id": id(LEAD).to_string(),
    })
}

/// A bill of 1210.
fn issued(sequence: u32, on: &str, due: &str, currency: &str) -> Value {
    let money = |amount: i64| json!({ "amount": amount, "currency": currency });
    json!({
        "number": format!("INV-2026-{sequence:06}"), "year": 2026, "sequence": sequence,
        "issue_date": on, "due_date": due,
        "totals": { "subtotal": money(1000), "tax": money(210), "total": money(1210) },
    })
}

fn payment(amount: i64, reference: &str, received_at: &str, balance: &Value) -> Value {
    json!({
        "amount": eur(amount), "method": "bank_transfer", "reference": reference,
        "received_at": received_at, "balance": balance,
    })
}

/// An invoice of 1210, told event by event.
struct Told(Given<Invoices>);

impl Told {
    fn and(mut self, event: &str, payload: Value) -> Self {
        self.0.then(id(INVOICE), &format!("xentri.invoice.{event}.v1"), payload);
        self
    }

    fn drafted() -> Self {
        Self(Given::new()).and("drafted", drafted(CUSTOMER, "Ada Ábalos", "EUR"))
    }

    fn issued() -> Self {
        Self::drafted().and("issued", issued(42, "2026-03-02", "2026-04-01", "EUR"))
    }

    fn overdue() -> Self {
        Self::issued().and("overdue", json!({ "due_date": "2026-04-01", "outstanding": eur(1210) }))
    }

    fn pay(self, amount: i64, received_at: &str, balance: &Value) -> Self {
        let reference = format!("P-{}", self.0.events.len());
        self.and("payment_recorded", payment(amount, &reference, received_at, balance))
    }

    fn paid(self) -> Self {
        self.and("paid", json!({ "total": eur(1210) }))
    }

    fn refund(self, amount: i64, balance: &Value) -> Self {
        self.and("refunded", json!({ "amount": eur(amount), "reason": "broken", "balance": balance }))
    }

    fn void(self) -> Self {
        self.and("voided", json!({ "reason": "twice" }))
    }

    /// The customer is forgotten, on a stream of their own.
    fn forget(mut self, stream_type: &str) -> Self {
        let streams = json!([{ "type": stream_type, "id": id(INVOICE).to_string() }]);
        self.0.then(id(CUSTOMER), "xentri.subject.forgotten.v1", json!({ "streams": streams }));
        self
    }

    fn row(&self) -> InvoiceRow {
        self.0.row(id(INVOICE)).clone()
    }
}

#[test]
fn a_draft_shows_its_customer_and_what_it_would_come_to() {
    let told = Told::drafted();
    let row = told.row();
    assert_eq!((row.state.as_str(), row.status(), row.number.as_deref()), ("draft", "draft", None));
    assert_eq!(row.customer_id, id(CUSTOMER));
    assert_eq!(row.customer_name.as_deref(), Some("Ada Ábalos"));
    assert_eq!(row.customer_email.as_deref(), Some("ada@example.com"));
    assert_eq!(row.customer_phone.as_deref(), Some("+34600000001"));
    assert_eq!(row.customer_address.as_deref(), Some("Calle Mayor 1\nMadrid"));
    assert_eq!((row.search.as_str(), row.forgotten), ("ada ábalos", false));
    assert_eq!((row.lead_id, row.due_in_days), (Some(id(LEAD)), 30));
    assert_eq!((row.subtotal, row.tax, row.total, row.open), (1000, 210, 1210, 0));
    assert_eq!((row.currency.as_str(), row.lines.0), ("EUR", lines()));
    assert_eq!((row.issued_on, row.due_on), (None, None));
}

#[test]
fn changed_lines_change_what_the_draft_comes_to() {
    let lines =
        json!([{ "description": "Cake", "quantity": "1.5", "unit_price": 2000, "tax_rate_bp": 1000 }]);
    let told = Told::drafted().and("lines_changed", json!({ "lines": lines }));
    let row = told.row();
    assert_eq!((row.subtotal, row.tax, row.total, row.open), (3000, 300, 3300, 0));
    assert_eq!((row.version, row.lines.0), (2, lines));
}

#[test]
fn an_issued_invoice_has_its_number_and_dates_and_is_open() {
    let row = Told::issued().row();
    assert_eq!((row.state.as_str(), row.number.as_deref()), ("issued", Some("INV-2026-000042")));
    assert_eq!((row.year, row.sequence), (Some(2026), Some(42)));
    assert_eq!(
        (row.issued_on, row.due_on),
        (Some("2026-03-02".parse().unwrap()), Some("2026-04-01".parse().unwrap()))
    );
    assert_eq!((row.total, row.open, row.paid), (1210, 1210, 0));
}

#[test]
fn a_payment_lowers_what_is_open_and_counts_in_the_month_in_which_it_came() {
    let told = Told::issued().pay(200, "2026-02-28T23:59:59Z", &balance(200, 1010)).pay(
        10,
        "2026-03-01T00:00:00Z",
        &balance(210, 1000),
    );
    let row = told.row();
    assert_eq!((row.state.as_str(), row.paid, row.open), ("partially_paid", 210, 1000));
    assert_eq!(row.months.0, json!({ "2026-02": { "received": 200 }, "2026-03": { "received": 10 } }));
    let shown: Vec<_> =
        row.payments.0.as_array().unwrap().iter().map(|payment| payment["amount"].clone()).collect();
    assert_eq!(shown, [10, 200], "the last one first");
    assert_eq!(
        row.payments.0[0],
        json!({
            "amount": 10, "method": "bank_transfer", "reference": "P-3", "received_at": "2026-03-01T00:00:00.000000Z",
        })
    );
}

#[test]
fn only_the_last_twenty_payments_are_shown() {
    let told =
        (1..=25).fold(Told::issued(), |told, n| told.pay(n, "2026-03-01T00:00:00Z", &balance(n, 1210 - n)));
    let row = told.row();
    let shown = row.payments.0.as_array().unwrap();
    assert_eq!((shown.len(), &shown[0]["amount"], &shown[19]["amount"]), (20, &json!(25), &json!(6)));
    assert_eq!(row.months.0, json!({ "2026-03": { "received": 25 * 26 / 2 } }), "the months have all");
}

#[test]
fn the_mark_goes_when_the_invoice_is_paid() {
    let marked = Told::overdue();
    let row = marked.row();
    assert_eq!((row.state.as_str(), row.status(), row.overdue), ("issued", "overdue", true));
    assert_eq!(row.overdue_since, Some(moment(3)));
    let part = marked.pay(10, "2026-05-01T00:00:00Z", &balance(10, 1200));
    assert_eq!((part.row().state.as_str(), part.row().status()), ("partially_paid", "overdue"));
    let row = part.pay(1200, "2026-05-02T00:00:00Z", &balance(1210, 0)).paid().row();
    assert_eq!((row.state.as_str(), row.status()), ("paid", "paid"));
    assert_eq!((row.overdue, row.overdue_since, row.open, row.paid), (false, None, 0, 1210));
}

#[test]
fn a_refund_reopens_the_debt_of_an_invoice_that_is_not_settled() {
    let paid = Told::issued().pay(210, "2026-03-03T00:00:00Z", &balance(210, 1000));
    let part = paid.refund(10, &balance(200, 1010));
    let row = part.row();
    assert_eq!((row.state.as_str(), row.paid, row.refunded, row.open), ("partially_paid", 210, 10, 1010));
    assert_eq!(row.months.0, json!({ "2026-03": { "received": 210, "refunded": 10 } }));
    let row = part.refund(200, &balance(0, 1210)).row();
    assert_eq!((row.state.as_str(), row.refunded, row.open), ("issued", 210, 1210), "net zero");
}

#[test]
fn a_refund_of_a_paid_invoice_reopens_nothing() {
    let paid = Told::issued().pay(1210, "2026-03-03T00:00:00Z", &balance(1210, 0)).paid();
    let back = json!({ "paid": eur(1210), "outstanding": eur(0), "net_paid": eur(0) });
    let row = paid.refund(1210, &back).row();
    assert_eq!((row.state.as_str(), row.paid, row.refunded, row.open), ("paid", 1210, 1210, 0));
}

#[test]
fn reminders_are_counted() {
    let reminder = json!({ "due_date": "2026-04-01", "outstanding": eur(1210) });
    let row = Told::overdue().and("reminder_sent", reminder.clone()).and("reminder_sent", reminder).row();
    assert_eq!((row.reminders, row.overdue, row.open), (2, true, 1210));
}

#[test]
fn a_void_invoice_owes_nothing_and_keeps_its_number() {
    let row = Told::overdue().void().row();
    assert_eq!(
        (row.state.as_str(), row.status(), row.overdue, row.overdue_since),
        ("void", "void", false, None)
    );
    assert_eq!((row.number.as_deref(), row.total, row.open), (Some("INV-2026-000042"), 1210, 0));
    assert_eq!(Told::drafted().void().row().number, None);
}

#[test]
fn a_forgotten_customer_leaves_no_name_behind() {
    let row = Told::issued().forget("invoice").row();
    assert_eq!((row.customer_name, row.customer_email), (None, None));
    assert_eq!((row.customer_phone, row.customer_address), (None, None));
    assert_eq!((row.search.as_str(), row.forgotten), ("", true));
    assert_eq!((row.number.as_deref(), row.open), (Some("INV-2026-000042"), 1210), "the bill stays");
    let of_another_type = Told::issued().forget("lead").row();
    assert_eq!(
        (of_another_type.customer_name.as_deref(), of_another_type.forgotten),
        (Some("Ada Ábalos"), false)
    );
}

#[test]
fn a_rebuild_after_the_forgetting_ends_with_the_same_row() {
    let gone = json!({ "$p": null });
    let mut draft = drafted(CUSTOMER, "Ada", "EUR");
    for field in ["name", "email", "phone", "address"] {
        draft["customer"][field] = gone.clone();
    }
    let bill = || issued(42, "2026-03-02", "2026-04-01", "EUR");
    let rebuilt = Told(Given::new()).and("drafted", draft).and("issued", bill());
    assert_eq!(rebuilt.row(), Told::issued().forget("invoice").row());
    assert_eq!(rebuilt.row(), rebuilt.forget("invoice").row());
}

#[test]
fn a_person_without_an_invoice_here_is_passed_over() {
    let told = Told(Given::new()).forget("invoice");
    assert!(told.0.rows.is_empty());
}

#[test]
fn every_kind_of_event_of_an_invoice_counts() {
    every_kind_counts::<Invoices>("invoice", "xentri.invoice.drafted.v1", &[], |row| {
        (row.version, row.updated_at)
    });
}

#[test]
fn every_other_kind_of_event_is_passed_over_but_for_the_forgetting_of_a_customer() {
    let events = STREAM_TYPES.iter().filter(|of| **of != "invoice").flat_map(|of| samples(of));
    let touching = events.filter(|event| !Invoices::keys(event).is_empty());
    let touching: Vec<_> = touching.map(|event| event.payload().kind().type_name).collect();
    assert_eq!(touching, ["xentri.subject.forgotten.v1"]);
}
