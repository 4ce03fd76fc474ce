//! A tax rate.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use super::{Coded, wire};

/// Basis points, hundredths of a percent: 2100 is 21 %. From 0 to 100 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TaxRate(u16);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected 0 to {} basis points", TaxRate::MAX)]
pub struct TaxRateError;

impl Coded for TaxRateError {
    fn code(&self) -> &'static str {
        "out_of_range"
    }
}

impl TaxRate {
    pub const MAX: u16 = 10_000;
    pub const ZERO: Self = Self(0);

    pub fn from_basis_points(basis_points: i64) -> Result<Self, TaxRateError> {
        match u16::try_from(basis_points) {
            Ok(rate) if rate <= Self::MAX => Ok(Self(rate)),
            _ => Err(TaxRateError),
        }
    }

    pub fn basis_points(self) -> u16 {
        self.0
    }
}

/// `21%`, `5.5%`.
impl fmt::Display for TaxRate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:02}", self.0 / 100, self.0 % 100);
        write!(formatter, "{}%", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl<'de> Deserialize<'de> for TaxRate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_basis_points(i64::deserialize(deserializer)?).map_err(|error| wire::refuse(&error))
    }
}

wire::json_schema_of!(TaxRate, {
    "description": "A tax rate in basis points: 2100 is 21 %.",
    "type": "integer",
    "minimum": 0,
    "maximum": TaxRate::MAX,
    "examples": [2100],
});

#[cfg(test)]
mod tests {
    use super::TaxRate;

    #[test]
    fn rates() {
        for (basis_points, shown) in [(0, "0%"), (2100, "21%"), (550, "5.5%"), (1, "0.01%"), (10_000, "100%")]
        {
            assert_eq!(TaxRate::from_basis_points(basis_points).unwrap().to_string(), shown);
        }
        for bad in ["-1", "10001", "65536", "9223372036854775807", "21.5", "\"21\"", "null"] {
            assert!(serde_json::from_str::<TaxRate>(bad).is_err(), "{bad}");
        }
    }
}
