//! Values that only an invoice has.

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::aggregate::{MaybePersonal, PersonalField};
use crate::kernel::format::within;
use crate::kernel::{
    Coded, Currency, Email, FormatError, Money, MoneyError, Note, Personal, Phone, SubjectId, Text, wire,
};
use crate::org::InvoicePrefix;

/// What a payment is known by at the bank or the till.
pub type PaymentReference = Text<140>;

/// Whom an invoice is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Customer {
    /// Whose personal data the other fields are.
    pub subject_id: SubjectId,
    pub name: Personal<Text<200>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Personal<Email>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Personal<Phone>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Personal<Note<500>>>,
}

impl Customer {
    /// Under the pointers that it has as the field `customer`, in the event as in the state.
    pub(super) fn visit_personal(&mut self, visit: &mut dyn FnMut(&str, &mut dyn PersonalField)) {
        let mut reach = |pointer: &str, field: &mut dyn MaybePersonal| {
            if let Some(field) = field.field() {
                visit(pointer, field);
            }
        };
        reach("/customer/name", &mut self.name);
        reach("/customer/email", &mut self.email);
        reach("/customer/phone", &mut self.phone);
        reach("/customer/address", &mut self.address);
    }
}

/// How a payment was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    BankTransfer,
    DirectDebit,
    Card,
    Cash,
    Cheque,
    Other,
}

/// The number that an invoice bears: prefix, year and at least six digits, as in `INV-2026-000042`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InvoiceNumber(String);

impl InvoiceNumber {
    pub const MAX: usize = InvoicePrefix::MAX + 16;

    pub(super) fn new(prefix: &InvoicePrefix, year: i16, sequence: u32) -> Self {
        Self(format!("{prefix}-{year:04}-{sequence:06}"))
    }

    pub fn parse(raw: &str) -> Result<Self, FormatError> {
        const EXPECTED: FormatError = FormatError::expected("an invoice number like INV-2026-000042");
        within(raw, Self::MAX)?;
        let mut parts = raw.rsplitn(3, '-');
        let (Some(sequence), Some(year), Some(prefix)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(EXPECTED);
        };
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let sequence_is_good = match sequence.len() {
            6 => true,
            7..=10 => !sequence.starts_with('0'),
            _ => false,
        };
        let good = sequence_is_good && year.len() == 4 && digits(sequence) && digits(year);
        if good && InvoicePrefix::parse(prefix).is_ok() { Ok(Self(raw.to_owned())) } else { Err(EXPECTED) }
    }
}

wire::checked_string!(InvoiceNumber, FormatError);
wire::json_schema_of!(InvoiceNumber, {
    "description": "The number that an invoice bears: the org's prefix, the year and at least six digits.",
    "type": "string",
    "maxLength": InvoiceNumber::MAX,
    "pattern": "^(?=.{1,16}-[0-9]{4}-[0-9]+$)[A-Z0-9]+(-[A-Z0-9]+)*-[0-9]{4}-([0-9]{6}|[1-9][0-9]{6,9})$",
    "examples": ["INV-2026-000042"],
});

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected {min} to {max}")]
pub struct RangeError {
    min: i64,
    max: i64,
}

impl Coded for RangeError {
    fn code(&self) -> &'static str {
        "out_of_range"
    }
}

/// How many days after its issue an invoice is due, from 0 to 365.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DueInDays(u16);

impl DueInDays {
    pub const MAX: u16 = 365;

    pub fn new(days: i64) -> Result<Self, RangeError> {
        let fits = u16::try_from(days).ok().filter(|days| *days <= Self::MAX);
        fits.map(Self).ok_or(RangeError { min: 0, max: Self::MAX.into() })
    }

    pub fn get(self) -> u16 {
        self.0
    }
}

impl<'de> Deserialize<'de> for DueInDays {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(deserializer)?).map_err(|error| wire::refuse(&error))
    }
}

wire::json_schema_of!(DueInDays, {
    "description": "How many days after its issue an invoice is due.",
    "type": "integer",
    "minimum": 0,
    "maximum": DueInDays::MAX,
    "examples": [30],
});

/// What one of something costs, in minor units of the invoice's currency. Zero is free of charge, and a line below
/// zero is a discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct UnitPrice(i64);

impl UnitPrice {
    pub fn new(minor_units: i64) -> Result<Self, RangeError> {
        let (min, max) = (-Money::MAX_AMOUNT, Money::MAX_AMOUNT);
        if (min..=max).contains(&minor_units) { Ok(Self(minor_units)) } else { Err(RangeError { min, max }) }
    }

    pub fn minor_units(self) -> i64 {
        self.0
    }

    pub(super) fn money(self, currency: Currency) -> Result<Money, MoneyError> {
        Money::new(self.0, currency)
    }
}

impl<'de> Deserialize<'de> for UnitPrice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(deserializer)?).map_err(|error| wire::refuse(&error))
    }
}

wire::json_schema_of!(UnitPrice, {
    "description": "What one costs, in minor units of the invoice's currency; below zero for a discount.",
    "type": "integer",
    "minimum": -Money::MAX_AMOUNT,
    "maximum": Money::MAX_AMOUNT,
    "examples": [12_500],
});
