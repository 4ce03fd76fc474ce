//! Invoices: what is billed, what of it is paid, and what they come to together (`invoice_sums`).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Fold;
use super::event::Event;
use super::invoice_sums::invoice_sums;
use super::table::{Rows, Table, set_all, take_over};

const PAYMENTS_SHOWN: usize = 20;
const CUSTOMER: [(&str, &str); 4] = [
    ("customer_name", "name"),
    ("customer_email", "email"),
    ("customer_phone", "phone"),
    ("customer_address", "address"),
];

#[derive(Default)]
pub(super) struct Invoices {
    rows: Rows,
    forgotten: BTreeSet<(String, String)>,
}

impl Fold for Invoices {
    fn take(&mut self, event: &Event) {
        match event.stream_type() {
            "invoice" => self.invoice(event),
            "subject" if event.kind() == "subject.forgotten" => {
                self.forgotten.insert(event.stream());
            }
            _ => {}
        }
    }

    fn tables(mut self: Box<Self>) -> Vec<Table> {
        let forgotten = std::mem::take(&mut self.forgotten);
        for row in self.rows.all_mut() {
            let (org, customer) = (row["org_id"].as_str().unwrap(), row["customer_id"].as_str().unwrap());
            let gone = forgotten.contains(&(org.to_owned(), customer.to_owned()));
            row["forgotten"] = json!(gone);
            if gone {
                for (column, _) in CUSTOMER {
                    row[column] = Value::Null;
                }
            }
            row["search"] = json!(row["customer_name"].as_str().unwrap_or_default().to_lowercase());
        }
        let sums = invoice_sums(&self.rows);
        vec![self.rows.into_table("invoices", "invoices"), sums]
    }
}

impl Invoices {
    fn invoice(&mut self, event: &Event) {
        let payload = event.payload();
        if event.kind() == "invoice.drafted" {
            self.rows.begin(event, draft(payload));
        }
        let row = self.rows.change(event);
        match event.kind() {
            "invoice.drafted" | "invoice.lines_changed" => bill(row, &payload["lines"]),
            "invoice.issued" => issue(row, payload),
            "invoice.payment_recorded" => pay(row, payload),
            "invoice.paid" => row["state"] = json!("paid"),
            "invoice.refunded" => refund(row, event),
            "invoice.overdue" => {
                set_all(row, json!({ "overdue": true, "overdue_since": event.recorded_at }));
            }
            "invoice.reminder_sent" => row["reminders"] = json!(amount(&row["reminders"]) + 1),
            "invoice.voided" => row["state"] = json!("void"),
            other => panic!("the oracle knows no {other} of an invoice"),
        }
        owe(row);
    }
}

fn draft(payload: &Value) -> Value {
    let customer = &payload["customer"];
    let mut row = json!({
        "state": "draft", "overdue": false, "overdue_since": null, "number": null, "year": null, "sequence": null,
        "customer_id": customer["subject_id"], "lead_id": payload["lead_id"], "currency": payload["currency"],
        "paid": 0, "refunded": 0, "due_in_days": payload["due_in_days"], "issued_on": null, "due_on": null,
        "due_order": "9999-12-31", "reminders": 0, "payments": [], "months": {},
    });
    for (column, field) in CUSTOMER {
        row[column] = customer[field].clone();
    }
    row
}

/// Lines are rounded one by one, their nets and their taxes, and then added up.
fn bill(row: &mut Value, lines: &Value) {
    let (mut subtotal, mut tax) = (0, 0);
    for line in lines.as_array().unwrap() {
        let quantity = ten_thousandths(line["quantity"].as_str().unwrap());
        let net = rounded(quantity * i128::from(amount(&line["unit_price"])));
        subtotal += net;
        tax += rounded(net * i128::from(amount(&line["tax_rate_bp"])));
    }
    let totals = json!({ "lines": lines, "subtotal": minor(subtotal), "tax": minor(tax), "total": minor(subtotal + tax) });
    set_all(row, totals);
}

fn issue(row: &mut Value, payload: &Value) {
    row["state"] = json!("issued");
    take_over(row, payload, &["number", "year", "sequence"]);
    row["issued_on"] = payload["issue_date"].clone();
    row["due_on"] = payload["due_date"].clone();
    row["due_order"] = payload["due_date"].clone();
}

fn pay(row: &mut Value, payload: &Value) {
    let received = amount(&payload["amount"]["amount"]);
    row["state"] = json!("partially_paid");
    row["paid"] = json!(amount(&row["paid"]) + received);
    moved(row, payload["received_at"].as_str().unwrap(), "received", received);
    let payments = row["payments"].as_array_mut().unwrap();
    let mut payment = json!({ "amount": received });
    take_over(&mut payment, payload, &["method", "reference", "received_at"]);
    payments.insert(0, payment);
    payments.truncate(PAYMENTS_SHOWN);
}

/// Nothing net paid makes a part-paid invoice one that is not paid at all; one that was paid in full stays so.
fn refund(row: &mut Value, event: &Event) {
    let given_back = amount(&event.payload()["amount"]["amount"]);
    row["refunded"] = json!(amount(&row["refunded"]) + given_back);
    if row["state"] == "partially_paid" && row["paid"] == row["refunded"] {
        row["state"] = json!("issued");
    }
    moved(row, event.text("/occurred_at"), "refunded", given_back);
}

/// What is left to pay, and the mark, which goes when nothing is.
fn owe(row: &mut Value) {
    let owed = match row["state"].as_str() {
        Some("issued" | "partially_paid") => {
            amount(&row["total"]) - (amount(&row["paid"]) - amount(&row["refunded"]))
        }
        _ => 0,
    };
    row["open"] = json!(owed);
    if owed == 0 {
        set_all(row, json!({ "overdue": false, "overdue_since": null }));
    }
}

/// In the month of UTC in which it took place.
fn moved(row: &mut Value, moment: &str, word: &str, by: i64) {
    let month = &mut row["months"][&moment[.."2026-11".len()]];
    let before = month.get(word).map_or(0, amount);
    month[word] = json!(before + by);
}

pub(super) fn amount(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no amount"))
}

fn minor(sum: i128) -> i64 {
    i64::try_from(sum).expect("an amount of minor units")
}

/// A decimal of at most four digits behind the point.
fn ten_thousandths(decimal: &str) -> i128 {
    let (whole, part) = decimal.split_once('.').unwrap_or((decimal, ""));
    format!("{whole}{part:0<4}").parse().expect("a decimal")
}

/// Ten-thousandths to the nearest whole; what is in the middle, to the even one.
fn rounded(ten_thousandths: i128) -> i128 {
    let (whole, rest) = (ten_thousandths.abs() / 10_000, ten_thousandths.abs() % 10_000);
    let up = rest > 5_000 || (rest == 5_000 && whole % 2 == 1);
    (whole + i128::from(up)) * ten_thousandths.signum()
}

#[cfg(test)]
mod tests {
    use super::{rounded, ten_thousandths};

    #[test]
    fn a_half_goes_to_the_even_side_on_both_sides_of_nothing() {
        let cases =
            [(5_000, 0), (15_000, 2), (25_000, 2), (25_001, 3), (24_999, 2), (-5_000, 0), (-15_000, -2)];
        for (parts, whole) in cases {
            assert_eq!(rounded(parts), whole, "{parts}");
        }
        assert_eq!(["2", "1.5", "0.0001"].map(ten_thousandths), [20_000, 15_000, 1]);
    }
}
