//! Invoices: bills to customers, from the draft to the last payment.
//!
//! Draft → Issued → `PartiallyPaid` → Paid; or Void, from a draft or while nothing is paid. Paid and Void are final: a
//! paid invoice may still be refunded, which reopens nothing. Overdue is a mark on Issued and `PartiallyPaid`, gone when
//! nothing is left to pay. Its number comes from the claims; `tests.rs` has the whole table.

mod amounts;
mod command;
mod decide;
mod error;
mod event;
mod values;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::aggregate::{HoldsPersonal, PersonalField, Stream};
use crate::kernel::{Currency, Date, LeadId};

pub use amounts::{Balance, Line, Totals};
pub use command::{
    ChangeLines, CustomerInput, Draft, InvoiceCommand, Issue, LineInput, MarkOverdue, RecordPayment, Refund,
    SendReminder, Void,
};
pub use error::InvoiceError;
pub use event::{
    BecameOverdue, Drafted, InvoiceEvent, Issued, LinesChanged, Paid, PaymentRecorded, Refunded,
    ReminderSent, Voided,
};
pub use values::{
    Customer, DueInDays, InvoiceNumber, PaymentMethod, PaymentReference, RangeError, UnitPrice,
};

/// That many lines with the longest descriptions still fit into one event.
pub const MOST_LINES: usize = 200;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not drafted: there is no such invoice.
    #[default]
    Absent,
    Draft,
    /// Nothing is paid, or nothing of it is left after refunds.
    Issued,
    PartiallyPaid,
    Paid,
    Void,
}

/// What a decision on an invoice has to know of its past. Payments are kept by the events, but for their references.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Invoice {
    pub status: Status,
    /// Only ever on an issued or a partially paid one.
    pub overdue: bool,
    pub customer: Option<Customer>,
    pub lead_id: Option<LeadId>,
    pub currency: Option<Currency>,
    pub lines: Vec<Line>,
    pub due_in_days: DueInDays,
    /// None as long as it is a draft.
    pub bill: Option<Bill>,
    /// Of all payments.
    pub references: BTreeSet<PaymentReference>,
}

/// What an invoice has once it is issued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bill {
    pub number: InvoiceNumber,
    pub issue_date: Date,
    pub due_date: Date,
    pub totals: Totals,
    pub balance: Balance,
}

impl Invoice {
    /// The word for people and lists: that of the status, unless the mark says more.
    pub fn shown_status(&self) -> &'static str {
        if self.overdue { "overdue" } else { self.status.as_str() }
    }

    fn settle(&mut self, balance: Balance) {
        if let Some(bill) = &mut self.bill {
            bill.balance = balance;
        }
    }

    fn void(&mut self) {
        self.status = Status::Void;
        self.overdue = false;
        if let Some(bill) = &mut self.bill {
            bill.balance = Balance::nothing(bill.totals.total.currency());
        }
    }
}

impl Stream for Invoice {
    const TYPE: &'static str = "invoice";
    const FOLD_VERSION: u32 = 1;
    type Event = InvoiceEvent;

    fn apply(&mut self, event: &InvoiceEvent) {
        match event {
            InvoiceEvent::Drafted(drafted) => *self = Self::from(drafted.clone()),
            InvoiceEvent::LinesChanged(changed) => self.lines.clone_from(&changed.lines),
            InvoiceEvent::Issued(issued) => {
                self.status = Status::Issued;
                self.bill = Some(Bill::from(issued.clone()));
            }
            InvoiceEvent::PaymentRecorded(payment) => {
                self.status = Status::PartiallyPaid;
                self.settle(payment.balance);
                self.references.insert(payment.reference.clone());
            }
            InvoiceEvent::Paid(_) => {
                self.status = Status::Paid;
                self.overdue = false;
            }
            InvoiceEvent::Refunded(refunded) => {
                if self.status == Status::PartiallyPaid && refunded.balance.net_paid.is_zero() {
                    self.status = Status::Issued;
                }
                self.settle(refunded.balance);
            }
            InvoiceEvent::BecameOverdue(_) => self.overdue = true,
            InvoiceEvent::ReminderSent(_) => {}
            InvoiceEvent::Voided(_) => self.void(),
        }
    }
}

impl From<Drafted> for Invoice {
    fn from(drafted: Drafted) -> Self {
        Self {
            status: Status::Draft,
            customer: Some(drafted.customer),
            lead_id: drafted.lead_id,
            currency: Some(drafted.currency),
            lines: drafted.lines,
            due_in_days: drafted.due_in_days,
            ..Self::default()
        }
    }
}

impl From<Issued> for Bill {
    fn from(issued: Issued) -> Self {
        Self {
            number: issued.number,
            issue_date: issued.issue_date,
            due_date: issued.due_date,
            totals: issued.totals,
            balance: Balance::owed(issued.totals.total),
        }
    }
}

impl HoldsPersonal for Invoice {
    fn visit_personal(&mut self, visit: &mut dyn FnMut(&str, &mut dyn PersonalField)) {
        if let Some(customer) = &mut self.customer {
            customer.visit_personal(visit);
        }
    }
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Draft => "draft",
            Self::Issued => "issued",
            Self::PartiallyPaid => "partially_paid",
            Self::Paid => "paid",
            Self::Void => "void",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
