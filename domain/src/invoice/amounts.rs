//! The sums of an invoice: what its lines come to, and what of that is paid.

use serde::{Deserialize, Serialize};

use super::{InvoiceError, UnitPrice};
use crate::kernel::{Currency, Money, MoneyError, Quantity, TaxRate, Text, line_amount, tax_amount};

/// One thing that is billed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Line {
    pub description: Text<250>,
    pub quantity: Quantity,
    pub unit_price: UnitPrice,
    pub tax_rate_bp: TaxRate,
}

impl Line {
    /// Quantity times unit price, rounded half to even.
    pub fn net(&self, currency: Currency) -> Result<Money, MoneyError> {
        line_amount(self.quantity, self.unit_price.money(currency)?)
    }

    /// The tax on the rounded net amount, rounded half to even.
    pub fn tax(&self, currency: Currency) -> Result<Money, MoneyError> {
        tax_amount(self.net(currency)?, self.tax_rate_bp)
    }
}

/// What the lines come to. Subtotal and tax make the total, always: they are sums of rounded lines, and nothing is
/// rounded after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Totals {
    /// Before tax.
    pub subtotal: Money,
    pub tax: Money,
    pub total: Money,
}

impl Totals {
    pub fn of(lines: &[Line], currency: Currency) -> Result<Self, InvoiceError> {
        let zero = Money::zero(currency);
        let mut totals = Self { subtotal: zero, tax: zero, total: zero };
        for (n, line) in lines.iter().enumerate() {
            let too_large = |_| InvoiceError::LineTooLarge { line: n };
            let (net, tax) = (line.net(currency).map_err(too_large)?, line.tax(currency).map_err(too_large)?);
            totals = totals.plus(net, tax).map_err(|_| InvoiceError::TotalTooLarge)?;
        }
        Ok(totals)
    }

    fn plus(self, net: Money, tax: Money) -> Result<Self, MoneyError> {
        let subtotal = self.subtotal.checked_add(net)?;
        let tax = self.tax.checked_add(tax)?;
        Ok(Self { subtotal, tax, total: subtotal.checked_add(tax)? })
    }
}

/// What of an invoice is paid. None of the three is ever below zero. Paid and outstanding make the total until the
/// invoice is void, after which nothing is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Balance {
    /// What counts towards the total.
    pub paid: Money,
    /// What is left to pay.
    pub outstanding: Money,
    /// What was received less what was given back. Below `paid` only where an invoice paid in full was refunded.
    pub net_paid: Money,
}

impl Balance {
    pub(super) fn owed(total: Money) -> Self {
        let zero = Money::zero(total.currency());
        Self { paid: zero, outstanding: total, net_paid: zero }
    }

    /// Of a void invoice.
    pub(super) fn nothing(currency: Currency) -> Self {
        Self::owed(Money::zero(currency))
    }

    /// None where less is outstanding than that.
    pub(super) fn receive(self, amount: Money) -> Option<Self> {
        Some(Self {
            paid: self.paid.checked_add(amount).ok()?,
            outstanding: difference(self.outstanding, amount)?,
            net_paid: self.net_paid.checked_add(amount).ok()?,
        })
    }

    /// None where less was paid than that. Reopens the debt, unless it has been settled.
    pub(super) fn give_back(self, amount: Money) -> Option<Self> {
        let net_paid = difference(self.net_paid, amount)?;
        if self.outstanding.is_zero() {
            return Some(Self { net_paid, ..self });
        }
        let outstanding = self.outstanding.checked_add(amount).ok()?;
        Some(Self { paid: difference(self.paid, amount)?, outstanding, net_paid })
    }
}

/// None below zero.
fn difference(from: Money, amount: Money) -> Option<Money> {
    from.checked_sub(amount).ok().filter(|rest| !rest.is_negative())
}
