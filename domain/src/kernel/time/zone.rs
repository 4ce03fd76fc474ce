//! Time zones of the IANA database, which is compiled in: the same day everywhere, whatever the machine has.

use std::{fmt, str::FromStr};

use jiff::tz;

use super::{Date, TimeError, Timestamp};
use crate::kernel::wire::{json_schema_of, text_on_the_wire};

/// Where an org keeps its calendar. Written exactly as the database does: `Europe/Madrid`.
#[derive(Clone, PartialEq, Eq)]
pub struct TimeZone(tz::TimeZone);

impl TimeZone {
    pub const UTC: Self = Self(tz::TimeZone::UTC);

    /// Names never leave the database, they become links: an old event's zone stays readable.
    pub fn parse(raw: &str) -> Result<Self, TimeError> {
        tz::TimeZoneDatabase::bundled()
            .get(raw)
            .ok()
            .filter(|zone| zone.iana_name() == Some(raw))
            .map(Self)
            .ok_or(TimeError::UnknownZone)
    }

    pub fn as_str(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The day that the calendar on the wall shows.
    pub fn local_date(&self, moment: Timestamp) -> Date {
        Date::of_a_moment(self.0.to_datetime(moment.jiff()).date())
    }

    /// The moment when a day begins. Where midnight is skipped, the first moment after it.
    pub fn start_of(&self, day: Date) -> Result<Timestamp, TimeError> {
        let start = day.civil().to_zoned(self.0.clone()).and_then(|noon| noon.start_of_day());
        start.map_or(Err(TimeError::OutOfRange { range: "the years 1970 to 9999" }), |start| {
            Timestamp::from_micros(start.timestamp().as_microsecond())
        })
    }
}

impl FromStr for TimeZone {
    type Err = TimeError;

    fn from_str(raw: &str) -> Result<Self, TimeError> {
        Self::parse(raw)
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

text_on_the_wire!(TimeZone);
// The form only: a list of names would change the published contract with every edition of the database.
json_schema_of!(TimeZone, {
    "description": "A time zone of the IANA database.",
    "type": "string",
    "maxLength": 64,
    "pattern": "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}$",
    "examples": ["Europe/Madrid"],
});

#[cfg(test)]
mod tests;
