//! A moment.

use std::{fmt, str::FromStr, time::Duration};

use jiff::tz::Offset;

use super::{Date, TimeError, digits};
use crate::kernel::wire::{json_schema_of, text_on_the_wire};

/// UTC, to the microsecond, because that is what Postgres keeps and what is hashed. Written with six
/// decimals and `Z`, always; read with any offset of RFC 3339 and cut, not rounded, to the microsecond.
///
/// The range is that of the years 1970 to 9999, less the last 26 hours: so every moment has a day in
/// every time zone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

const EXPECTED: TimeError = TimeError::BadFormat { expected: "a moment like 2026-01-31T09:30:00Z" };
const OUT_OF_RANGE: TimeError = TimeError::OutOfRange { range: "the years 1970 to 9999" };

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const MIN: Self = Self(jiff::Timestamp::UNIX_EPOCH);
    /// 9999-12-30T21:59:59.999999Z.
    pub const MAX: Self = Self(jiff::Timestamp::constant(253_402_207_199, 999_999_000));

    /// From microseconds since 1970.
    pub fn from_micros(micros: i64) -> Result<Self, TimeError> {
        let moment =
            jiff::Timestamp::from_microsecond(micros).map_or(Err(OUT_OF_RANGE), |moment| Ok(Self(moment)))?;
        if (Self::MIN..=Self::MAX).contains(&moment) { Ok(moment) } else { Err(OUT_OF_RANGE) }
    }

    /// Since 1970, never negative.
    pub fn as_micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// Since 1970, as an id of version 7 wants them.
    pub fn as_millis(self) -> u64 {
        self.as_micros().unsigned_abs() / 1000
    }

    pub fn parse(raw: &str) -> Result<Self, TimeError> {
        let (day, time) = (raw.get(..10), raw.get(10..));
        let (Some(day), Some(time)) = (day, time.and_then(|rest| rest.strip_prefix(['T', 't']))) else {
            return Err(EXPECTED);
        };
        let day = Date::parse(day)?;
        let (second, micro, offset) = time_of_day(time).ok_or(EXPECTED)?;
        // The years are those that are written, too, so that the schema can tell.
        if day.year() < 1970 {
            return Err(OUT_OF_RANGE);
        }
        let days = day.days_since(Date::new(1970, 1, 1)?);
        Self::from_micros((i64::from(days) * 86_400 + second - offset) * 1_000_000 + micro)
    }

    pub fn plus(self, duration: Duration) -> Result<Self, TimeError> {
        self.moved(duration, i64::checked_add)
    }

    pub fn minus(self, duration: Duration) -> Result<Self, TimeError> {
        self.moved(duration, i64::checked_sub)
    }

    /// `None` when `earlier` is the later one.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        u64::try_from(self.as_micros() - earlier.as_micros()).ok().map(Duration::from_micros)
    }

    fn moved(self, duration: Duration, by: fn(i64, i64) -> Option<i64>) -> Result<Self, TimeError> {
        let micros = i64::try_from(duration.as_micros()).map_err(|_| OUT_OF_RANGE)?;
        Self::from_micros(by(self.as_micros(), micros).ok_or(OUT_OF_RANGE)?)
    }

    pub(super) fn jiff(self) -> jiff::Timestamp {
        self.0
    }
}

/// `09:30:00.25+01:00` as seconds of the day, microseconds and the offset in seconds.
fn time_of_day(raw: &str) -> Option<(i64, i64, i64)> {
    let (clock, rest) = (raw.get(..8)?, raw.get(8..)?);
    let minutes = hour_and_minute(clock.get(..5)?)?;
    let second = digits(clock.get(5..)?.strip_prefix(':')?, 2).filter(|second| *second < 60)?;
    let zone_at = rest.find(|c: char| c != '.' && !c.is_ascii_digit())?;
    let (fraction, zone) = rest.split_at(zone_at);
    let offset = match (zone, zone.split_at_checked(1)?) {
        ("Z" | "z", _) => 0,
        (_, ("+", offset)) => hour_and_minute(offset)?,
        (_, ("-", offset)) => -hour_and_minute(offset)?,
        _ => return None,
    };
    Some((minutes * 60 + i64::from(second), micros(fraction)?, offset * 60))
}

/// `23:59` as minutes.
fn hour_and_minute(raw: &str) -> Option<i64> {
    let (hour, minute) = raw.split_once(':')?;
    let hour = digits(hour, 2).filter(|hour| *hour < 24)?;
    let minute = digits(minute, 2).filter(|minute| *minute < 60)?;
    Some(i64::from(hour) * 60 + i64::from(minute))
}

/// `.25`, or nothing; up to nine digits, of which six count.
fn micros(fraction: &str) -> Option<i64> {
    if fraction.is_empty() {
        return Some(0);
    }
    let decimals = fraction.strip_prefix('.')?.as_bytes();
    let good = (1..=9).contains(&decimals.len()) && decimals.iter().all(u8::is_ascii_digit);
    let digits = decimals.iter().copied().chain(std::iter::repeat(b'0')).take(6);
    good.then(|| digits.fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0')))
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(raw: &str) -> Result<Self, TimeError> {
        Self::parse(raw)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.6}Z", Offset::UTC.to_datetime(self.0))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

text_on_the_wire!(Timestamp);
// A pattern can't add an offset: the first and the last day are decided by the parser alone.
json_schema_of!(Timestamp, {
    "description": "A moment in RFC 3339 with any offset, from 1970 to 9999; kept in UTC to the microsecond.",
    "type": "string",
    "format": "date-time",
    "pattern": format!(
        r"^(?=19[7-9]|[2-9]){}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{{1,9}})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$",
        super::date::PATTERN,
    ),
    "examples": ["2026-01-31T09:30:00.000000Z"],
});

#[cfg(test)]
mod tests;
