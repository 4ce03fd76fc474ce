//! Time: moments, days and the zones that connect them. Nothing here reads a clock.

use thiserror::Error;

use super::Coded;

mod clock;
mod date;
mod timestamp;
mod zone;

pub use clock::Clock;
pub use date::Date;
pub use timestamp::Timestamp;
pub use zone::TimeZone;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TimeError {
    #[error("expected {expected}")]
    BadFormat { expected: &'static str },
    #[error("outside {range}")]
    OutOfRange { range: &'static str },
    #[error("not a time zone of the IANA database, like Europe/Madrid")]
    UnknownZone,
}

impl Coded for TimeError {
    fn code(&self) -> &'static str {
        match self {
            Self::BadFormat { .. } => "bad_format",
            Self::OutOfRange { .. } => "out_of_range",
            Self::UnknownZone => "unknown_time_zone",
        }
    }
}

/// The number that `width` ASCII digits write.
fn digits(text: &str, width: usize) -> Option<i16> {
    let good = text.len() == width && text.bytes().all(|b| b.is_ascii_digit());
    if good { text.parse().ok() } else { None }
}
