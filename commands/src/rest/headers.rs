//! What comes along with a command in headers.

use std::fmt::Display;
use std::str::FromStr;

use axum::http::HeaderMap;
use xentri_domain::kernel::{CorrelationId, EventId, FormatError, Text, Timestamp, UserId};
use xentri_schemas::{DedupeKey, ErrorKind, Problem};

use super::prefer;

#[derive(Debug, Default, PartialEq)]
pub(super) struct CommandHeaders {
    pub(super) key: Option<DedupeKey>,
    pub(super) if_match: Option<u64>,
    pub(super) occurred_at: Option<Timestamp>,
    pub(super) correlation_id: Option<CorrelationId>,
    pub(super) causation_id: Option<EventId>,
    pub(super) reason: Option<Text<1000>>,
    pub(super) on_behalf_of: Option<UserId>,
    /// The answer is to have the new state.
    pub(super) representation: bool,
}

impl CommandHeaders {
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        Ok(Self {
            key: read(headers, "Idempotency-Key")?,
            if_match: read::<StrongVersion>(headers, "If-Match")?.map(|tag| tag.0),
            occurred_at: read(headers, "X-Occurred-At")?,
            correlation_id: read(headers, "X-Correlation-Id")?,
            causation_id: read(headers, "X-Causation-Id")?,
            reason: read(headers, "X-Reason")?,
            on_behalf_of: read(headers, "X-On-Behalf-Of")?,
            representation: prefer::wants_representation(headers),
        })
    }
}

fn read<T>(headers: &HeaderMap, name: &str) -> Result<Option<T>, Problem>
where
    T: FromStr<Err: Display>,
{
    let Some(text) = one(headers, name)? else { return Ok(None) };
    text.parse().map(Some).map_err(|error| bad_header(name, error))
}

/// The text of a header that may come once. Of two, another program on the way might believe the other one.
pub(super) fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(bad_header(name, "given more than once"));
    }
    std::str::from_utf8(value.as_bytes()).map(Some).map_err(|_| bad_header(name, "not UTF-8"))
}

/// The value is not repeated: it may be anything.
fn bad_header(name: &str, fault: impl Display) -> Problem {
    Problem::new(ErrorKind::BAD_HEADER).detail(format!("{name}: {fault}"))
}

/// One strong entity tag with a version, as in `"3"`. `*`, lists and weak tags are no version.
struct StrongVersion(u64);

impl FromStr for StrongVersion {
    type Err = FormatError;

    fn from_str(raw: &str) -> Result<Self, FormatError> {
        let digits = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"'));
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        let plain = digits.filter(|digits| *digits == "0" || !digits.starts_with('0'));
        let version = plain.and_then(|digits| digits.parse().ok());
        version.map(Self).ok_or(FormatError::BadFormat { expected: "one version in quotes, like \"3\"" })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};
    use xentri_schemas::{ErrorKind, Problem};

    use super::CommandHeaders;

    const ID: &str = "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a";

    fn read(pairs: &[(&str, &str)]) -> Result<CommandHeaders, Problem> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        CommandHeaders::read(&headers)
    }

    #[test]
    fn all_are_read() {
        let read = read(&[
            ("idempotency-key", "order-4711"),
            ("if-match", "\"12\""),
            ("x-occurred-at", "2026-03-02T13:00:00+01:00"),
            ("x-correlation-id", ID),
            ("x-causation-id", ID),
            ("x-reason", "Änderung auf Wunsch"),
            ("x-on-behalf-of", ID),
            ("prefer", "return=representation"),
        ]);
        let expected = CommandHeaders {
            key: Some("order-4711".parse().unwrap()),
            if_match: Some(12),
            occurred_at: Some("2026-03-02T12:00:00Z".parse().unwrap()),
            correlation_id: Some(ID.parse().unwrap()),
            causation_id: Some(ID.parse().unwrap()),
            reason: Some("Änderung auf Wunsch".parse().unwrap()),
            on_behalf_of: Some(ID.parse().unwrap()),
            representation: true,
        };
        assert_eq!(read.unwrap(), expected);
        assert_eq!(super::CommandHeaders::read(&HeaderMap::new()).unwrap(), CommandHeaders::default());
    }

    #[test]
    fn what_a_header_may_not_be_is_refused_by_its_name() {
        let long = "x".repeat(256);
        let reason = "x".repeat(1001);
        for (name, values) in [
            ("Idempotency-Key", &["", "a b", "clé", &long][..]),
            (
                "If-Match",
                &[
                    "",
                    "*",
                    "3",
                    "\"\"",
                    "W/\"3\"",
                    "\"3\", \"4\"",
                    "\"03\"",
                    "\"+3\"",
                    "\"a\"",
                    "\"3",
                    "\"99999999999999999999\"",
                ],
            ),
            (
                "X-Occurred-At",
                &["", "yesterday", "2026-03-02", "2026-02-30T00:00:00Z", "1969-12-31T00:00:00Z"],
            ),
            ("X-Correlation-Id", &["", "x", "00000000-0000-0000-0000-000000000000"]),
            ("X-Causation-Id", &["", "0190a5e17f3c7a529d0e3f6b8c1d2e4a"]),
            ("X-Reason", &["", "\u{202e}", "a\tb", "\u{200b}", &reason]),
            ("X-On-Behalf-Of", &["", "ada@example.com"]),
        ] {
            for value in values {
                let problem = read(&[(name, value)]).unwrap_err();
                assert_eq!(problem.kind, ErrorKind::BAD_HEADER, "{name}: {value}");
                assert!(problem.detail.starts_with(&format!("{name}: ")), "{}", problem.detail);
                assert!(value.len() < 4 || !problem.detail.contains(value), "{}", problem.detail);
            }
        }
    }

    #[test]
    fn a_header_that_is_there_twice_is_refused_even_if_both_say_the_same() {
        for (name, value) in [("Idempotency-Key", "a"), ("If-Match", "\"1\""), ("X-Reason", "b")] {
            let problem = read(&[(name, value), (name, value)]).unwrap_err();
            assert_eq!(
                (problem.kind, &*problem.detail),
                (ErrorKind::BAD_HEADER, &*format!("{name}: given more than once"))
            );
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let mut headers = HeaderMap::new();
        headers.insert("x-reason", HeaderValue::from_bytes(b"caf\xe9").unwrap());
        let problem = CommandHeaders::read(&headers).unwrap_err();
        assert_eq!(&*problem.detail, "X-Reason: not UTF-8");
    }
}
