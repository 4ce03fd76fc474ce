//! What may be asked of an invoice.

use serde::{Deserialize, Serialize};

use super::{DueInDays, PaymentMethod, PaymentReference, UnitPrice};
use crate::aggregate::commands;
use crate::kernel::{
    Currency, Email, InvoiceId, LeadId, Money, Note, Permission, PersonalInput, Phone, Quantity, SubjectId,
    TaxRate, Text, Timestamp,
};

commands! {
    /// What may be asked of an invoice.
    InvoiceCommand of "invoice" at "/finance/invoices";
    Draft Create "draft" Permission(Permission::FINANCE_WRITE);
    ChangeLines Stream "change-lines" Permission(Permission::FINANCE_WRITE);
    Issue Stream "issue" Permission(Permission::FINANCE_ISSUE);
    RecordPayment Stream "record-payment" Permission(Permission::FINANCE_WRITE);
    Refund Stream "refund" Permission(Permission::FINANCE_ISSUE);
    MarkOverdue Stream "mark-overdue" System;
    SendReminder Stream "send-reminder" Permission(Permission::FINANCE_WRITE);
    Void Stream "void" Permission(Permission::FINANCE_ISSUE);
}

/// Begins an invoice. It has no number yet, and its lines may still change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// A UUID of version 7; the server makes one when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<InvoiceId>,
    pub customer: CustomerInput,
    /// The org's when it is left out. It can't be changed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// May be empty for now, but not when the invoice is issued.
    #[cfg_attr(feature = "schema", schemars(length(max = super::MOST_LINES)))]
    pub lines: Vec<LineInput>,
    /// The due date is that many days after the date of issue.
    pub due_in_days: DueInDays,
    /// The lead who became this customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<LeadId>,
}

/// Whom an invoice is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CustomerInput {
    /// The person whom the other fields are about, where other data about them is kept already. The lead when it is
    /// left out, or else somebody new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_id: Option<SubjectId>,
    pub name: PersonalInput<Text<200>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<PersonalInput<Email>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PersonalInput<Phone>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<PersonalInput<Note<500>>>,
}

/// One thing to bill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LineInput {
    pub description: Text<250>,
    pub quantity: Quantity,
    pub unit_price: UnitPrice,
    pub tax_rate_bp: TaxRate,
}

/// Replaces all lines of a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeLines {
    #[cfg_attr(feature = "schema", schemars(length(max = super::MOST_LINES)))]
    pub lines: Vec<LineInput>,
}

/// Makes a draft a bill: takes the org's next number of the year and fixes the dates and totals. There must be a line,
/// and a total above zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Issue {}

/// Records money that came in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordPayment {
    /// In the invoice's currency, above zero and no more than what is outstanding.
    pub amount: Money,
    pub method: PaymentMethod,
    /// Tells one payment from another: each is recorded once.
    pub reference: PaymentReference,
    /// At most five minutes ahead. It may lie before the date of issue: some pay in advance.
    pub received_at: Timestamp,
}

/// Gives money back. While something is outstanding this reopens the debt; after that it does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// In the invoice's currency, above zero and no more than what is left of the payments.
    pub amount: Money,
    pub reason: Text<1000>,
}

/// Marks an invoice whose due date has passed without full payment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MarkOverdue {}

/// Reminds the customer of what is outstanding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SendReminder {}

/// Gives an invoice up on which nothing is paid. A number that it has stays used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Void {
    pub reason: Text<1000>,
}
