//! From which pages the session cookie may be used.

use http::HeaderMap;
use http::header::ORIGIN;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::refusal::OriginRefused;

/// Scheme, host and port as a browser sends them: `https://app.example.com`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub(crate) struct Origin(String);

#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected an origin like https://app.example.com, without a path")]
pub(crate) struct NoOrigin;

impl Origin {
    pub(crate) fn parse(raw: &str) -> Result<Self, NoOrigin> {
        let host = raw.strip_prefix("https://").or_else(|| raw.strip_prefix("http://")).ok_or(NoOrigin)?;
        let good = |b: u8| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':' | b'[' | b']')
        };
        if host.is_empty() || !host.bytes().all(good) {
            return Err(NoOrigin);
        }
        Ok(Self(raw.to_owned()))
    }
}

impl TryFrom<String> for Origin {
    type Error = NoOrigin;

    fn try_from(raw: String) -> Result<Self, NoOrigin> {
        Self::parse(&raw)
    }
}

/// A browser sends the cookie along whoever's page it shows; the origin tells whose. Without one it is refused too.
pub(super) fn check(allowed: &[Origin], headers: &HeaderMap) -> Result<(), OriginRefused> {
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(one), None) if allowed.iter().any(|origin| origin.0.as_bytes() == one.as_bytes()) => Ok(()),
        (None, _) => Err(OriginRefused::Missing),
        _ => Err(OriginRefused::NotAllowed),
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn origins_are_written_as_browsers_send_them() {
        for good in ["https://app.example.com", "http://localhost:3000", "http://[::1]:3000"] {
            assert!(Origin::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "null",
            "*",
            "app.example.com",
            "https://",
            "https://a/",
            "https://A",
            "ftp://a",
            "https://*.a",
        ] {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }
}
