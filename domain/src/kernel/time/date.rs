//! A day of the calendar, without a zone: a due date, the last day of an offer.

use std::{fmt, str::FromStr};

use jiff::{Span, civil};

use super::{TimeError, digits};
use crate::kernel::wire::{json_schema_of, text_on_the_wire};

/// From 1900-01-01 to 9999-12-31, on the wire as such.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

const EXPECTED: TimeError = TimeError::BadFormat { expected: "a date like 2026-01-31" };
const OUT_OF_RANGE: TimeError = TimeError::OutOfRange { range: "the years 1900 to 9999" };

/// Only days that exist: month lengths and leap years are part of it.
#[cfg(feature = "schema")]
pub(super) const PATTERN: &str = concat!(
    "([0-9]{4}-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])",
    "|[0-9]{4}-(0[469]|11)-(0[1-9]|[12][0-9]|30)",
    "|[0-9]{4}-02-(0[1-9]|1[0-9]|2[0-8])",
    "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)",
);

impl Date {
    pub fn new(year: i16, month: i8, day: i8) -> Result<Self, TimeError> {
        Self::checked(civil::Date::new(year, month, day).map_err(|_| EXPECTED)?)
    }

    fn checked(date: civil::Date) -> Result<Self, TimeError> {
        if (1900..=9999).contains(&date.year()) { Ok(Self(date)) } else { Err(OUT_OF_RANGE) }
    }

    pub fn parse(raw: &str) -> Result<Self, TimeError> {
        let parts = || {
            let (year, rest) = raw.split_once('-')?;
            let (month, day) = rest.split_once('-')?;
            Some((digits(year, 4)?, digits(month, 2)?, digits(day, 2)?))
        };
        let (year, month, day) = parts().ok_or(EXPECTED)?;
        // Two digits always fit.
        let narrow = |number: i16| i8::try_from(number).map_err(|_| EXPECTED);
        Self::new(year, narrow(month)?, narrow(day)?)
    }

    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// `days` later, or earlier when negative.
    pub fn plus_days(self, days: i32) -> Result<Self, TimeError> {
        let moved = Span::new().try_days(days).and_then(|span| self.0.checked_add(span));
        Self::checked(moved.map_err(|_| OUT_OF_RANGE)?)
    }

    /// How many days lie between; negative when `earlier` is the later one.
    pub fn days_since(self, earlier: Self) -> i32 {
        (self.0 - earlier.0).get_days()
    }

    /// Of a day on which some moment falls somewhere: moments reach from 1970 to 9999, so their days lie
    /// within the range anyway.
    pub(super) fn of_a_moment(day: civil::Date) -> Self {
        Self(day)
    }

    pub(super) fn civil(self) -> civil::Date {
        self.0
    }
}

impl FromStr for Date {
    type Err = TimeError;

    fn from_str(raw: &str) -> Result<Self, TimeError> {
        Self::parse(raw)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

text_on_the_wire!(Date);
json_schema_of!(Date, {
    "description": "A day of the calendar, from 1900 to 9999.",
    "type": "string",
    "format": "date",
    "pattern": format!("^(?=19|[2-9]){PATTERN}$"),
    "examples": ["2026-01-31"],
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Date;
    use crate::kernel::Coded;

    fn date(raw: &str) -> Date {
        Date::parse(raw).unwrap()
    }

    #[test]
    fn days_are_counted_over_months_and_leap_years() {
        assert_eq!(date("2026-01-31").plus_days(30), Ok(date("2026-03-02")));
        assert_eq!(date("2028-02-28").plus_days(1), Ok(date("2028-02-29")));
        assert_eq!(date("2026-03-01").plus_days(-1), Ok(date("2026-02-28")));
        assert_eq!(date("2028-03-01").days_since(date("2028-02-01")), 29);
        assert_eq!(date("2028-02-01").days_since(date("2028-03-01")), -29);
        assert_eq!(date("9999-12-31").days_since(date("1900-01-01")), 2_958_463);
        for days in [1, i32::MAX, i32::MIN] {
            assert_eq!(date("9999-12-31").plus_days(days).unwrap_err().code(), "out_of_range", "{days}");
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for bad in [
            "",
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "2026-04-31",
            "2026-1-1",
            "20260101",
            "2026-01-01T00:00:00Z",
            " 2026-01-01",
            "2026-01-01\n",
            "+2026-01-01",
            "-2026-01-01",
            "2026/01/01",
            "12026-01-01",
            "٢٠٢٦-٠١-٠١",
            "2026-01-+1",
            "2026-01-01-01",
        ] {
            assert_eq!(Date::parse(bad).unwrap_err().code(), "bad_format", "{bad:?}");
        }
        assert_eq!(Date::parse("1899-12-31").unwrap_err().code(), "out_of_range");
        assert_eq!(Date::parse("2000-02-29").unwrap().year(), 2000);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn what_is_written_reads_back(days in 0_i32..2_958_464) {
            let start = date("1900-01-01");
            let day = start.plus_days(days).unwrap();
            prop_assert_eq!(Date::parse(&day.to_string()), Ok(day));
            prop_assert_eq!(day.days_since(start), days);
        }
    }
}
