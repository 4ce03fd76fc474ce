//! Kinds of values that settings have.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Never shown: not in logs, not in errors.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// For whoever opens something with it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(secret)")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("(secret)")
    }
}

/// An address, or none. Any free port where nobody says otherwise, so that many processes can run side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AdminListen(Option<SocketAddr>);

const OFF: &str = "off";

impl AdminListen {
    pub(crate) fn address(self) -> Option<SocketAddr> {
        self.0
    }
}

impl Default for AdminListen {
    fn default() -> Self {
        Self(Some(SocketAddr::from(([127, 0, 0, 1], 0))))
    }
}

impl Serialize for AdminListen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(address) => serializer.collect_str(&address),
            None => serializer.serialize_str(OFF),
        }
    }
}

impl<'de> Deserialize<'de> for AdminListen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == OFF {
            return Ok(Self(None));
        }
        let address = text
            .parse()
            .map_err(|_| D::Error::custom("expected an address like \"127.0.0.1:9464\", or \"off\""));
        address.map(|address| Self(Some(address)))
    }
}

/// A time as people write it: `500ms`, `10s`, `2m`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(Duration);

/// Longer is a slip of the pen.
const LONGEST: Duration = Duration::from_hours(1);

impl Span {
    pub(crate) const fn millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    pub(crate) const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    pub(crate) fn get(self) -> Duration {
        self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|char: char| !char.is_ascii_digit())?;
        let (number, unit) = text.split_at(digits);
        let millis = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            _ => return None,
        };
        let duration = Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(millis)?);
        (Duration::ZERO < duration && duration <= LONGEST).then_some(Self(duration))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        if millis.is_multiple_of(1000) {
            write!(formatter, "{}s", millis / 1000)
        } else {
            write!(formatter, "{millis}ms")
        }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom("expected a time like \"500ms\", \"10s\" or \"2m\", at most 60m"))
    }
}
