//! What can have happened to an invoice. Only its draft brings personal data, that of the customer.

use serde::{Deserialize, Serialize};

use super::{Balance, Customer, DueInDays, InvoiceNumber, Line, PaymentMethod, PaymentReference, Totals};
use crate::aggregate::{HoldsPersonal, PersonalField, events, no_personal};
use crate::kernel::{Currency, Date, LeadId, Money, Text, Timestamp};

events! {
    /// What can have happened to an invoice.
    InvoiceEvent of "invoice" in Finance, about |event, _stream| match event {
        InvoiceEvent::Drafted(drafted) => Some(drafted.customer.subject_id),
        _ => None,
    };
    Drafted "invoice.drafted" 1 0;
    LinesChanged "invoice.lines_changed" 1 0;
    Issued "invoice.issued" 1 0;
    PaymentRecorded "invoice.payment_recorded" 1 0;
    Paid "invoice.paid" 1 0;
    Refunded "invoice.refunded" 1 0;
    BecameOverdue "invoice.overdue" 1 0;
    ReminderSent "invoice.reminder_sent" 1 0;
    Voided "invoice.voided" 1 0;
}
no_personal!(LinesChanged, Issued, PaymentRecorded, Paid, Refunded, BecameOverdue, ReminderSent, Voided);

impl HoldsPersonal for Drafted {
    fn visit_personal(&mut self, visit: &mut dyn FnMut(&str, &mut dyn PersonalField)) {
        self.customer.visit_personal(visit);
    }
}

/// An invoice was begun. It has no number yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Drafted {
    pub customer: Customer,
    pub currency: Currency,
    pub lines: Vec<Line>,
    pub due_in_days: DueInDays,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<LeadId>,
}

/// The draft has other lines, these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinesChanged {
    pub lines: Vec<Line>,
}

/// The draft has become a bill with a number. Its lines, dates and totals stay as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Issued {
    pub number: InvoiceNumber,
    /// That of the date of issue.
    pub year: i16,
    /// Within the org and the year, without gaps.
    pub sequence: u32,
    /// In the org's time zone.
    pub issue_date: Date,
    /// The last day to pay.
    pub due_date: Date,
    pub totals: Totals,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<LeadId>,
}

/// Money came in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentRecorded {
    pub amount: Money,
    pub method: PaymentMethod,
    pub reference: PaymentReference,
    pub received_at: Timestamp,
    /// With this payment.
    pub balance: Balance,
}

/// Nothing is left to pay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Paid {
    pub total: Money,
}

/// Money was given back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refunded {
    pub amount: Money,
    pub reason: Text<1000>,
    /// With this refund.
    pub balance: Balance,
}

/// The due date has passed, and something is left to pay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BecameOverdue {
    pub due_date: Date,
    pub outstanding: Money,
}

/// The customer was reminded of what is left to pay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReminderSent {
    pub due_date: Date,
    pub outstanding: Money,
}

/// The invoice was given up. A number that it has stays used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Voided {
    pub reason: Text<1000>,
}
