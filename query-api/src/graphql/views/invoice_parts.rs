//! What an invoice is made of: its state, its customer, its lines, its payments.

use async_graphql::{Context, Object, SimpleObject};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;
use xentri_domain::kernel::Timestamp;
use xentri_projections::invoices::InvoiceRow;

use crate::graphql::error::ReadError;
use crate::graphql::reader::reader;
use crate::graphql::scalars::{DateTime, Money};
use crate::graphql::words::words;

words! {
    /// Where an invoice stands.
    InvoiceState, "state of an invoice" {
        /// It can still be changed, and has no number.
        Draft => "draft",
        /// It has its number, and nothing is paid of it.
        Issued => "issued",
        /// Part of it is paid.
        PartiallyPaid => "partially_paid",
        /// Nothing is left to pay.
        Paid => "paid",
        /// It was given up. A number that it had stays used.
        Void => "void",
    }
}

words! {
    /// The state of an invoice in a word for people: overdue where it is marked so.
    InvoiceStatus, "status of an invoice" {
        /// It can still be changed, and has no number.
        Draft => "draft",
        /// It has its number, and nothing is paid of it.
        Issued => "issued",
        /// Part of it is paid.
        PartiallyPaid => "partially_paid",
        /// Nothing is left to pay.
        Paid => "paid",
        /// It was given up. A number that it had stays used.
        Void => "void",
        /// Its due date has passed with something left to pay.
        Overdue => "overdue",
    }
}

pub(super) struct Customer(pub(super) Arc<InvoiceRow>);

/// Whom an invoice is for. What is personal is null for those who may not read it (`person:read`), and once the person is
/// forgotten.
#[Object(serial)]
impl Customer {
    /// The person whose data this is.
    async fn id(&self) -> Uuid {
        self.0.customer_id
    }

    /// Their name. Personal.
    async fn name<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        reader(ctx).personal(self.0.customer_name.as_ref())
    }

    /// Their e-mail address. Personal.
    async fn email<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        reader(ctx).personal(self.0.customer_email.as_ref())
    }

    /// Their telephone number. Personal.
    async fn phone<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        reader(ctx).personal(self.0.customer_phone.as_ref())
    }

    /// Where they live. Personal.
    async fn address<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        reader(ctx).personal(self.0.customer_address.as_ref())
    }

    /// Whether the person asked to be forgotten: then nobody can read anymore who it was.
    async fn forgotten(&self) -> bool {
        self.0.forgotten
    }
}

/// Something that is billed.
#[derive(SimpleObject)]
#[graphql(serial)]
pub(super) struct InvoiceLine {
    /// What.
    description: String,
    /// How much of it: a decimal number with at most four decimals, as text.
    quantity: String,
    /// What one of it costs, before tax.
    unit_price: Money,
    /// In hundredths of a percent: 2100 are 21 %.
    tax_rate_bp: i64,
}

/// Money that came in.
#[derive(SimpleObject)]
#[graphql(serial)]
pub(super) struct Payment {
    /// How much.
    amount: Money,
    /// By which way.
    method: String,
    /// By which it is told from other payments.
    reference: String,
    /// When.
    received_at: DateTime,
}

#[derive(Deserialize)]
struct Line {
    description: String,
    quantity: String,
    unit_price: i64,
    tax_rate_bp: i64,
}

#[derive(Deserialize)]
struct Incoming {
    amount: i64,
    method: String,
    reference: String,
    received_at: Timestamp,
}

pub(super) fn lines(row: &InvoiceRow) -> Result<Vec<InvoiceLine>, ReadError> {
    let lines = Vec::<Line>::deserialize(&row.lines.0);
    let lines = lines.map_err(|_| ReadError::Unreadable("lines of an invoice"))?;
    let shown = |Line { description, quantity, unit_price, tax_rate_bp }| InvoiceLine {
        description,
        quantity,
        unit_price: Money::new(unit_price, &row.currency),
        tax_rate_bp,
    };
    Ok(lines.into_iter().map(shown).collect())
}

pub(super) fn payments(row: &InvoiceRow) -> Result<Vec<Payment>, ReadError> {
    let payments = Vec::<Incoming>::deserialize(&row.payments.0);
    let payments = payments.map_err(|_| ReadError::Unreadable("payments of an invoice"))?;
    let shown = |Incoming { amount, method, reference, received_at }| Payment {
        amount: Money::new(amount, &row.currency),
        method,
        reference,
        received_at: DateTime(received_at),
    };
    Ok(payments.into_iter().map(shown).collect())
}
