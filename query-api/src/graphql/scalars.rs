//! Scalars of our own.

use async_graphql::{InputValueError, InputValueResult, Number, Scalar, ScalarType, SimpleObject, Value};
use xentri_domain::kernel::{Currency, Date, Timestamp};

macro_rules! text_scalar {
    ($(#[$doc:meta])+ $name:ident of $inner:ty, $graphql:literal) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(in crate::graphql) struct $name(pub(in crate::graphql) $inner);

        $(#[$doc])+
        #[Scalar(name = $graphql)]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                match &value {
                    Value::String(text) => Ok(Self(<$inner>::parse(text)?)),
                    _ => Err(InputValueError::expected_type(value)),
                }
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.to_string())
            }
        }
    };
}

text_scalar! {
    /// A moment in UTC, as in `2026-11-21T08:00:00.000000Z`.
    DateTime of Timestamp, "DateTime"
}

text_scalar! {
    /// A day of the calendar, as in `2026-11-21`.
    Day of Date, "Date"
}

/// The place of an event in its org: from 1, without gaps. A whole number below 2^53; as an argument also the text that a cursor
/// is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) struct OrgSeq(pub(in crate::graphql) u64);

/// The place of an event in its org: from 1, without gaps. A whole number below 2^53, and as an argument also that number as text,
/// as cursors have it.
#[Scalar]
impl ScalarType for OrgSeq {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => {
                number.as_u64().map(Self).ok_or_else(|| "expected a whole number".into())
            }
            Value::String(text) => Ok(Self(text.parse()?)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(Number::from(self.0))
    }
}

/// An amount in the smallest unit of a currency: 1200 are 12.00 EUR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) struct MinorUnits(pub(in crate::graphql) i64);

/// An amount in the smallest unit of its currency: 1200 are 12.00 EUR. A whole number, which may need more than 32 bits.
#[Scalar]
impl ScalarType for MinorUnits {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => {
                number.as_i64().map(Self).ok_or_else(|| "expected a whole number".into())
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(Number::from(self.0))
    }
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(serial)]
pub(in crate::graphql) struct Money {
    /// In the currency's smallest unit.
    amount: MinorUnits,
    /// The code of ISO 4217, as in `EUR`.
    currency: String,
    /// For people, the same in every language: `1,200.00 EUR`.
    formatted: String,
}

impl Money {
    pub(in crate::graphql) fn new(amount: i64, currency: &str) -> Self {
        let known = Currency::parse(currency).ok();
        // A sum may be beyond what one amount can be; it is shown all the same.
        let money = known.and_then(|known| xentri_domain::kernel::Money::new(amount, known).ok());
        let formatted = money.map_or_else(|| format!("{amount} {currency}"), |money| money.to_string());
        Self { amount: MinorUnits(amount), currency: currency.to_owned(), formatted }
    }
}
