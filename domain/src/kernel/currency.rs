//! Currencies of ISO 4217 and how many decimals each has.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::{
    Coded,
    wire::{json_schema_of, text_on_the_wire},
};

/// An active currency that has a minor unit; metals, baskets and test codes have none, so no amount can
/// be written in them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: &'static str,
    decimals: u8,
}

// The list of 2026. A code that ISO retires stays here, because old events must decode for ever.
const NONE: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
    "XOF", "XPF",
];
const TWO: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BMD", "BND", "BOB",
    "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW", "CNY", "COP", "COU",
    "CRC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL",
    "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IRR", "JMD", "KES",
    "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK",
    "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR",
    "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SDG",
    "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TOP",
    "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "USN", "UYU", "UZS", "VED", "VES", "WST", "XAD", "XCD", "XCG",
    "YER", "ZAR", "ZMW", "ZWG",
];
const THREE: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
const FOUR: &[&str] = &["CLF", "UYW"];

// The common case first.
const BY_DECIMALS: [(u8, &[&str]); 4] = [(2, TWO), (0, NONE), (3, THREE), (4, FOUR)];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a currency code of ISO 4217, like EUR")]
pub struct UnknownCurrency;

impl Coded for UnknownCurrency {
    fn code(&self) -> &'static str {
        "unknown_currency"
    }
}

impl Currency {
    pub const EUR: Self = Self { code: "EUR", decimals: 2 };
    pub const USD: Self = Self { code: "USD", decimals: 2 };

    pub fn parse(raw: &str) -> Result<Self, UnknownCurrency> {
        BY_DECIMALS
            .iter()
            .find_map(|&(decimals, codes)| {
                let at = codes.binary_search(&raw).ok()?;
                Some(Self { code: codes[at], decimals })
            })
            .ok_or(UnknownCurrency)
    }

    /// In the order of their codes.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<_> = BY_DECIMALS
            .iter()
            .flat_map(|&(decimals, codes)| codes.iter().map(move |code| Self { code, decimals }))
            .collect();
        all.sort_unstable();
        all
    }

    pub fn as_str(self) -> &'static str {
        self.code
    }

    /// How many digits of an amount in minor units stand behind the decimal point.
    pub fn decimals(self) -> u8 {
        self.decimals
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(raw: &str) -> Result<Self, UnknownCurrency> {
        Self::parse(raw)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.code)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code)
    }
}

text_on_the_wire!(Currency);
json_schema_of!(Currency, {
    "description": "A currency code of ISO 4217.",
    "type": "string",
    "enum": Currency::all(),
    "x-grows": true,
    "examples": ["EUR"],
});

#[cfg(test)]
mod tests {
    use super::{BY_DECIMALS, Currency};
    use crate::kernel::Coded;

    #[test]
    fn the_table_is_in_order_so_that_it_can_be_searched() {
        for (_, codes) in BY_DECIMALS {
            assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
        }
        let all = Currency::all();
        assert_eq!(all.len(), 165);
        assert!(all.is_sorted_by(|a, b| a.as_str() < b.as_str()), "a code stands twice");
        for currency in all {
            assert_eq!(Currency::parse(currency.as_str()), Ok(currency));
            assert!(
                currency.as_str().len() == 3 && currency.as_str().bytes().all(|b| b.is_ascii_uppercase())
            );
        }
    }

    #[test]
    fn decimals_are_those_of_the_standard() {
        for (code, decimals) in [
            ("EUR", 2),
            ("USD", 2),
            ("JPY", 0),
            ("CLP", 0),
            ("ISK", 0),
            ("HUF", 2),
            ("KWD", 3),
            ("TND", 3),
            ("CLF", 4),
            ("MRU", 2),
            ("XCG", 2),
        ] {
            assert_eq!(Currency::parse(code).unwrap().decimals(), decimals, "{code}");
        }
    }

    #[test]
    fn other_words_are_no_currency() {
        for bad in ["", "eur", "EU", "EURO", " EUR", "XXX", "XAU", "XTS", "DEM", "BGN", "€"] {
            assert_eq!(Currency::parse(bad).unwrap_err().code(), "unknown_currency", "{bad:?}");
        }
    }
}
