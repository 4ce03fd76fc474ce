//! Money: an integer of minor units and its currency. No floats anywhere.

use std::{cmp::Ordering, fmt};

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use super::{Coded, Currency, wire};

/// `{"amount": 120000, "currency": "EUR"}` is 1,200.00 EUR. Negative amounts are amounts; whether one is
/// allowed is for who asks for it. Every amount can be read exactly by a program that knows only doubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Money {
    amount: i64,
    currency: Currency,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MoneyError {
    #[error("beyond {} minor units", Money::MAX_AMOUNT)]
    OutOfRange,
    #[error("{given} given where {expected} is expected")]
    CurrencyMismatch { expected: Currency, given: Currency },
}

impl Coded for MoneyError {
    fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange => "out_of_range",
            Self::CurrencyMismatch { .. } => "currency_mismatch",
        }
    }
}

impl Money {
    /// The largest amount, to both sides of zero: 2^53 - 1.
    pub const MAX_AMOUNT: i64 = (1 << 53) - 1;

    pub fn new(amount: i64, currency: Currency) -> Result<Self, MoneyError> {
        if amount.unsigned_abs() > Self::MAX_AMOUNT.unsigned_abs() {
            return Err(MoneyError::OutOfRange);
        }
        Ok(Self { amount, currency })
    }

    pub const fn zero(currency: Currency) -> Self {
        Self { amount: 0, currency }
    }

    /// In minor units.
    pub fn amount(self) -> i64 {
        self.amount
    }

    pub fn currency(self) -> Currency {
        self.currency
    }

    pub fn is_zero(self) -> bool {
        self.amount == 0
    }

    pub fn is_positive(self) -> bool {
        self.amount > 0
    }

    pub fn is_negative(self) -> bool {
        self.amount < 0
    }

    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        // Two amounts below 2^53 can't leave an i64.
        Self::new(self.amount + other.amount, self.currency)
    }

    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::new(self.amount - other.amount, self.currency)
    }

    pub fn sum(currency: Currency, parts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        parts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }

    /// Amounts of two currencies have no order, hence no `PartialOrd`, which would answer quietly.
    pub fn compare(self, other: Self) -> Result<Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.amount.cmp(&other.amount))
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrencyMismatch { expected: self.currency, given: other.currency })
    }
}

/// `1,200.00 EUR`, the same for every reader; pages format by the reader's language themselves.
impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = usize::from(self.currency.decimals());
        let digits = format!("{:0width$}", self.amount.unsigned_abs(), width = decimals + 1);
        let (major, minor) = digits.split_at(digits.len() - decimals);
        let mut text = String::from(if self.is_negative() { "-" } else { "" });
        for (at, digit) in major.char_indices() {
            if at > 0 && (major.len() - at).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        if !minor.is_empty() {
            text.push('.');
            text.push_str(minor);
        }
        formatter.pad(&format!("{text} {}", self.currency))
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename = "Money", deny_unknown_fields)]
        struct Wire {
            amount: i64,
            currency: Currency,
        }

        let wire = Wire::deserialize(deserializer)?;
        Self::new(wire.amount, wire.currency).map_err(|error| wire::refuse(&error))
    }
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{Currency, Money};

    impl JsonSchema for Money {
        fn schema_name() -> Cow<'static, str> {
            "Money".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "description": "An amount in the currency's minor units (cents), written without fraction or exponent.",
                "type": "object",
                "properties": {
                    "amount": { "type": "integer", "minimum": -Money::MAX_AMOUNT, "maximum": Money::MAX_AMOUNT },
                    "currency": generator.subschema_for::<Currency>(),
                },
                "required": ["amount", "currency"],
                "additionalProperties": false,
                "examples": [{ "amount": 120_000, "currency": "EUR" }],
            })
        }
    }
}

#[cfg(test)]
mod tests;
