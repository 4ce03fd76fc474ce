//! How much of something an invoice line bills: `"1.5"` hours.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::{
    Coded,
    wire::{json_schema_of, text_on_the_wire},
};

/// A decimal above 0 and below a thousand million, at most 4 decimals. Text on the wire, because a JSON
/// number would pass through a float in most readers; kept as an integer of ten-thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum QuantityError {
    #[error("expected plain decimal text like 1.5")]
    BadFormat,
    #[error("more than 4 decimals")]
    TooManyDecimals,
    #[error("must be above 0")]
    NotPositive,
    #[error("above 999999999.9999")]
    TooLarge,
}

impl Coded for QuantityError {
    fn code(&self) -> &'static str {
        match self {
            Self::BadFormat => "bad_format",
            Self::TooManyDecimals => "too_many_decimals",
            Self::NotPositive => "not_positive",
            Self::TooLarge => "too_large",
        }
    }
}

impl Quantity {
    pub const ONE: Self = Self(Self::SCALE);
    pub(super) const SCALE: i64 = 10_000;
    const WHOLE_DIGITS: usize = 9;

    /// There is one way to write a whole number: without sign and without leading zeros. Zeros at the
    /// end of the decimals are allowed and not kept.
    pub fn parse(raw: &str) -> Result<Self, QuantityError> {
        let (whole, decimals) = raw.split_once('.').unwrap_or((raw, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(decimals) || !digits(whole.strip_prefix('-').unwrap_or(whole)) {
            return Err(QuantityError::BadFormat);
        }
        if whole.starts_with('-') {
            return Err(QuantityError::NotPositive);
        }
        if whole.len() > 1 && whole.starts_with('0') {
            return Err(QuantityError::BadFormat);
        }
        if whole.len() > Self::WHOLE_DIGITS {
            return Err(QuantityError::TooLarge);
        }
        if decimals.len() > 4 {
            return Err(QuantityError::TooManyDecimals);
        }
        match number(whole) * Self::SCALE + number(&format!("{decimals:0<4}")) {
            0 => Err(QuantityError::NotPositive),
            scaled => Ok(Self(scaled)),
        }
    }

    pub(super) fn ten_thousandths(self) -> i64 {
        self.0
    }
}

/// Of at most nine digits, which were checked to be digits.
fn number(digits: &str) -> i64 {
    digits.bytes().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'))
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(raw: &str) -> Result<Self, QuantityError> {
        Self::parse(raw)
    }
}

/// The shortest text that means the same: `2`, `1.5`, `0.0001`.
impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:04}", self.0 / Self::SCALE, self.0 % Self::SCALE);
        formatter.pad(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

text_on_the_wire!(Quantity);
json_schema_of!(Quantity, {
    "description": "A decimal above 0 with at most 4 decimals, as text.",
    "type": "string",
    "pattern": r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,4})?$",
    "not": { "pattern": r"^0(\.0+)?$" },
    "examples": ["1", "2.5"],
});

#[cfg(test)]
mod tests;
