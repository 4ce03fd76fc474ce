//! Invoices as lists and pages show them; and their sums: how many in which state, what is still owed by when, and what each
//! month brought.

mod query;
mod sums;

#[cfg(test)]
mod tests;

use compact_str::{CompactString, ToCompactString as _};
use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::invoice::{
    Drafted, InvoiceEvent, Issued, Line, PaymentRecorded, Refunded, Status, Totals,
};
use xentri_domain::kernel::{Currency, Date, OrgId, Timestamp};
use xentri_domain::registry::Event;

use crate::kit::{Document, FoldError, LedgerEvent, Projection, forgotten_streams, lower_case, row, shown};

pub use query::{
    Debt, InvoiceFilter, InvoiceOrder, PastDue, Receivables, invoice_by_number_in_tx, invoice_count_in_tx,
    invoice_in_tx, invoices_by_id_in_tx, invoices_in_tx, past_due_in_tx, receivables_in_tx, revenue_in_tx,
};
pub use sums::InvoiceSumRow;

/// Of the payments that a row shows; the history has all.
const PAYMENTS_SHOWN: usize = 20;

row! {
    /// An invoice. Amounts are in minor units of its currency.
    pub struct InvoiceRow in "invoices" personal customer_name, customer_email, customer_phone, customer_address, search {
        pub org_id: OrgId,
        pub id: Uuid,
        pub version: i64,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub state: CompactString,
        pub overdue: bool,
        pub overdue_since: Option<Timestamp>,
        pub number: Option<CompactString>,
        pub year: Option<i32>,
        pub sequence: Option<i64>,
        pub customer_id: Uuid,
        pub customer_name: Option<CompactString>,
        pub customer_email: Option<CompactString>,
        pub customer_phone: Option<CompactString>,
        pub customer_address: Option<CompactString>,
        pub search: CompactString,
        pub forgotten: bool,
        pub lead_id: Option<Uuid>,
        pub currency: CompactString,
        pub lines: Document,
        pub subtotal: i64,
        pub tax: i64,
        pub total: i64,
        pub paid: i64,
        pub refunded: i64,
        pub open: i64,
        pub due_in_days: i32,
        pub issued_on: Option<Date>,
        pub due_on: Option<Date>,
        pub due_order: Date,
        pub reminders: i32,
        pub payments: Document,
        pub months: Document,
    }
}

#[derive(Debug)]
pub struct Invoices;

impl Projection for Invoices {
    const NAME: &'static str = "invoices";
    const VERSION: i32 = 1;
    const STREAMS: &'static [&'static str] = &["invoice", "subject"];
    type Row = InvoiceRow;
    type Sum = InvoiceSumRow;

    fn keys(event: &LedgerEvent) -> Vec<Uuid> {
        match event.payload() {
            Event::Invoice(_) => vec![event.stream_id()],
            _ => forgotten_streams(event, "invoice"),
        }
    }

    fn fold(
        _key: Uuid,
        row: Option<InvoiceRow>,
        event: &LedgerEvent,
    ) -> Result<Option<InvoiceRow>, FoldError> {
        let row = match (event.payload(), row) {
            (Event::Invoice(InvoiceEvent::Drafted(drafted)), _) => InvoiceRow::of(event, drafted)?,
            (Event::Invoice(invoice), Some(row)) => row.after(event, invoice)?,
            (Event::Subject(_), Some(row)) => row.without_customer(),
            (Event::Invoice(_), None) => return Err(FoldError::NoRow),
            (_, row) => return Ok(row),
        };
        Ok(Some(row))
    }

    fn sums(row: &InvoiceRow) -> Vec<InvoiceSumRow> {
        sums::of(row)
    }
}

impl InvoiceRow {
    /// The word for people and lists: that of the state, unless the mark says more.
    pub fn status(&self) -> &str {
        if self.overdue { "overdue" } else { &self.state }
    }

    fn of(event: &LedgerEvent, drafted: &Drafted) -> Result<Self, FoldError> {
        let customer = &drafted.customer;
        let mut row = Self {
            org_id: event.org(),
            id: event.stream_id(),
            version: event.version(),
            created_at: event.recorded_at,
            updated_at: event.recorded_at,
            state: Status::Draft.to_compact_string(),
            overdue: false,
            overdue_since: None,
            number: None,
            year: None,
            sequence: None,
            customer_id: customer.subject_id.uuid(),
            customer_name: shown(&customer.name),
            customer_email: customer.email.as_ref().and_then(shown),
            customer_phone: customer.phone.as_ref().and_then(shown),
            customer_address: customer.address.as_ref().and_then(shown),
            search: CompactString::default(),
            forgotten: customer.name.is_forgotten(),
            lead_id: drafted.lead_id.map(Into::into),
            currency: drafted.currency.to_compact_string(),
            lines: Document(json!([])),
            subtotal: 0,
            tax: 0,
            total: 0,
            paid: 0,
            refunded: 0,
            open: 0,
            due_in_days: drafted.due_in_days.get().into(),
            issued_on: None,
            due_on: None,
            due_order: last_day()?,
            reminders: 0,
            payments: Document(json!([])),
            months: Document(json!({})),
        };
        row.bill(&drafted.lines)?;
        Ok(row.searched())
    }

    fn after(mut self, event: &LedgerEvent, invoice: &InvoiceEvent) -> Result<Self, FoldError> {
        self.version = event.version();
        self.updated_at = event.recorded_at;
        match invoice {
            InvoiceEvent::Drafted(_) => {}
            InvoiceEvent::LinesChanged(changed) => self.bill(&changed.lines)?,
            InvoiceEvent::Issued(issued) => self.issue(issued),
            InvoiceEvent::PaymentRecorded(payment) => self.receive(payment)?,
            InvoiceEvent::Paid(_) => {
                self.is(Status::Paid);
                self.unmark();
            }
            InvoiceEvent::Refunded(refunded) => self.give_back(event, refunded)?,
            InvoiceEvent::BecameOverdue(_) => {
                self.overdue = true;
                self.overdue_since = Some(event.recorded_at);
            }
            InvoiceEvent::ReminderSent(_) => self.reminders = self.reminders.saturating_add(1),
            InvoiceEvent::Voided(_) => {
                self.is(Status::Void);
                self.unmark();
                self.open = 0;
            }
        }
        Ok(self)
    }

    /// What a draft would come to, if it were issued as it is.
    fn bill(&mut self, lines: &[Line]) -> Result<(), FoldError> {
        const TOO_LARGE: FoldError = FoldError::OutOfRange("total");
        let currency = Currency::parse(&self.currency).map_err(|_| FoldError::OutOfRange("currency"))?;
        self.totals(&Totals::of(lines, currency).map_err(|_| TOO_LARGE)?);
        self.lines = Document(json!(lines));
        Ok(())
    }

    fn totals(&mut self, totals: &Totals) {
        self.subtotal = totals.subtotal.amount();
        self.tax = totals.tax.amount();
        self.total = totals.total.amount();
    }

    fn issue(&mut self, issued: &Issued) {
        self.is(Status::Issued);
        self.number = Some(issued.number.to_compact_string());
        self.year = Some(issued.year.into());
        self.sequence = Some(issued.sequence.into());
        self.issued_on = Some(issued.issue_date);
        self.due_on = Some(issued.due_date);
        self.due_order = issued.due_date;
        self.totals(&issued.totals);
        self.open = self.total;
    }

    fn receive(&mut self, payment: &PaymentRecorded) -> Result<(), FoldError> {
        let amount = payment.amount.amount();
        self.is(Status::PartiallyPaid);
        self.paid = self.paid.checked_add(amount).ok_or(FoldError::OutOfRange("paid"))?;
        self.open = payment.balance.outstanding.amount();
        sums::add_to_month(&mut self.months, payment.received_at, "received", amount);
        let Value::Array(shown) = &mut self.payments.0 else { return Ok(()) };
        let PaymentRecorded { method, reference, received_at, .. } = payment;
        shown.insert(
            0,
            json!({ "amount": amount, "method": method, "reference": reference, "received_at": received_at }),
        );
        shown.truncate(PAYMENTS_SHOWN);
        Ok(())
    }

    fn give_back(&mut self, event: &LedgerEvent, refunded: &Refunded) -> Result<(), FoldError> {
        let (amount, balance) = (refunded.amount.amount(), refunded.balance);
        self.refunded = self.refunded.checked_add(amount).ok_or(FoldError::OutOfRange("refunded"))?;
        self.open = balance.outstanding.amount();
        if self.state == Status::PartiallyPaid.as_str() && balance.net_paid.is_zero() {
            self.is(Status::Issued);
        }
        sums::add_to_month(&mut self.months, event.envelope.occurred_at, "refunded", amount);
        Ok(())
    }

    fn is(&mut self, state: Status) {
        self.state = state.as_str().into();
    }

    fn unmark(&mut self) {
        (self.overdue, self.overdue_since) = (false, None);
    }

    fn without_customer(mut self) -> Self {
        (self.customer_name, self.customer_email) = (None, None);
        (self.customer_phone, self.customer_address) = (None, None);
        self.forgotten = true;
        self.searched()
    }

    fn searched(mut self) -> Self {
        self.search = self.customer_name.as_ref().map(|name| lower_case(name)).unwrap_or_default();
        self
    }
}

/// Behind every due date.
fn last_day() -> Result<Date, FoldError> {
    Date::new(9999, 12, 31).map_err(|_| FoldError::OutOfRange("due_order"))
}
