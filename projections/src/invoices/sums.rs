//! What invoices come to together. Each of the three kinds answers a question that would else be a sum over all invoices.

use compact_str::CompactString;
use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::invoice::Status;
use xentri_domain::kernel::{Date, OrgId, TimeZone, Timestamp};

use super::InvoiceRow;
use crate::kit::{Document, Row as _, row, sum_id, sums};

row! {
    /// A sum of one kind, in one currency.
    pub struct InvoiceSumRow in "invoice_sums" {
        pub org_id: OrgId,
        pub id: Uuid,
        pub kind: CompactString,
        pub state: Option<CompactString>,
        pub overdue: bool,
        pub day: Option<Date>,
        pub currency: CompactString,
        pub invoices: i64,
        pub net: i64,
        pub gross: i64,
        pub open: i64,
        pub received: i64,
        pub refunded: i64,
    }
}
sums!(InvoiceSumRow: invoices, net, gross, open, received, refunded);

/// All invoices of a state, with the mark or without.
pub(super) const STATE: &str = "state";
/// What is to be paid by one day.
pub(super) const DUE: &str = "due";
/// What was billed, received and given back in one month.
pub(super) const MONTH: &str = "month";

pub(super) fn of(row: &InvoiceRow) -> Vec<InvoiceSumRow> {
    let mut sums = vec![by_state(row)];
    sums.extend(due(row));
    sums.extend(billed(row));
    sums.extend(moved(row));
    sums
}

fn nothing(row: &InvoiceRow, kind: &str, word: &str) -> InvoiceSumRow {
    let words = [kind, word, &row.currency];
    InvoiceSumRow {
        org_id: row.org_id,
        id: sum_id(row.org_id, InvoiceSumRow::TABLE, &words),
        kind: kind.into(),
        state: None,
        overdue: false,
        day: None,
        currency: row.currency.clone(),
        invoices: 0,
        net: 0,
        gross: 0,
        open: 0,
        received: 0,
        refunded: 0,
    }
}

fn on(row: &InvoiceRow, kind: &str, day: Date) -> InvoiceSumRow {
    InvoiceSumRow { day: Some(day), ..nothing(row, kind, &day.to_string()) }
}

fn by_state(row: &InvoiceRow) -> InvoiceSumRow {
    let word = if row.overdue { format!("{} overdue", row.state) } else { row.state.to_string() };
    InvoiceSumRow {
        state: Some(row.state.clone()),
        overdue: row.overdue,
        invoices: 1,
        net: row.subtotal,
        gross: row.total,
        open: row.open,
        received: row.paid,
        refunded: row.refunded,
        ..nothing(row, STATE, &word)
    }
}

fn due(row: &InvoiceRow) -> Option<InvoiceSumRow> {
    let day = row.due_on.filter(|_| row.open > 0)?;
    Some(InvoiceSumRow { invoices: 1, open: row.open, ..on(row, DUE, day) })
}

/// A void invoice was never owed. What was paid on it and given back stays in the months of both.
fn billed(row: &InvoiceRow) -> Option<InvoiceSumRow> {
    let day = row.issued_on.filter(|_| row.state != Status::Void.as_str())?;
    let month = first_of(&month_of(day))?;
    Some(InvoiceSumRow { invoices: 1, net: row.subtotal, gross: row.total, ..on(row, MONTH, month) })
}

fn moved(row: &InvoiceRow) -> impl Iterator<Item = InvoiceSumRow> {
    let months = row.months.0.as_object().into_iter().flatten();
    months.filter_map(|(month, moved)| {
        let amount = |word: &str| moved[word].as_i64().unwrap_or_default();
        let (received, refunded) = (amount("received"), amount("refunded"));
        Some(InvoiceSumRow { received, refunded, ..on(row, MONTH, first_of(month)?) })
    })
}

/// A month of UTC: no event of an invoice has the org's time zone.
pub(super) fn add_to_month(months: &mut Document, moment: Timestamp, word: &str, amount: i64) {
    let Value::Object(months) = &mut months.0 else { return };
    let month = months.entry(month_of(TimeZone::UTC.local_date(moment))).or_insert_with(|| json!({}));
    let before = month[word].as_i64().unwrap_or_default();
    month[word] = before.saturating_add(amount).into();
}

/// As in `2026-11`.
fn month_of(day: Date) -> String {
    day.to_string().chars().take("2026-11".len()).collect()
}

fn first_of(month: &str) -> Option<Date> {
    Date::parse(&format!("{month}-01")).ok()
}
