//! A link to the web.
//!
//! An own check of the form: the `url` crate would bring Unicode's tables to answer a question that is
//! narrower here (http and https, ASCII as browsers send it, no user info) and must equal a pattern in
//! the JSON Schema.

use super::{
    FormatError,
    format::within,
    wire::{checked_string, json_schema_of},
};

/// An absolute `http` or `https` address of at most 2048 characters, its scheme and host in lower case.
/// User info (`user:password@`) is refused: it hides where a link leads and carries secrets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url(String);

impl Url {
    pub const MAX: usize = 2048;

    pub fn parse(raw: &str) -> Result<Self, FormatError> {
        within(raw, Self::MAX)?;
        Self::checked(raw).ok_or(FormatError::expected("an address like https://example.com/path"))
    }

    fn checked(raw: &str) -> Option<Self> {
        let (scheme, rest) = raw.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let good = matches!(scheme.as_str(), "http" | "https")
            && is_host(host)
            && port.is_none_or(is_port)
            && is_tail(tail);
        good.then(|| Self(format!("{scheme}://{}{tail}", authority.to_ascii_lowercase())))
    }
}

checked_string!(Url, FormatError);
json_schema_of!(Url, {
    "description": "An absolute http or https address without user info, in ASCII.",
    "type": "string",
    "maxLength": Url::MAX,
    "pattern": concat!(
        "^[Hh][Tt][Tt][Pp][Ss]?://",
        r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*",
        "(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?",
        r"([/?#]([A-Za-z0-9!#$&'()*+,./:;=?@_~\[\]-]|%[0-9A-Fa-f]{2})*)?$",
    ),
    "examples": ["https://example.com/products?page=2"],
});

fn is_host(host: &str) -> bool {
    host.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|b| b.is_ascii_digit()) && !port.starts_with('0') && port.parse::<u16>().is_ok()
}

/// Path, query and fragment: printable ASCII that RFC 3986 allows, escapes complete.
fn is_tail(tail: &str) -> bool {
    let mut bytes = tail.bytes();
    while let Some(b) = bytes.next() {
        let good = match b {
            b'%' => [bytes.next(), bytes.next()].iter().all(|hex| hex.is_some_and(|h| h.is_ascii_hexdigit())),
            _ => b.is_ascii_alphanumeric() || b"!#$&'()*+,./:;=?@_~[]-".contains(&b),
        };
        if !good {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::Url;
    use crate::kernel::Coded;

    #[test]
    fn scheme_and_host_become_lower_case() {
        assert_eq!(
            Url::parse("HTTPS://Example.COM:8443/A?b=%C3%A4#C").unwrap().as_str(),
            "https://example.com:8443/A?b=%C3%A4#C"
        );
        for good in [
            "http://a",
            "https://127.0.0.1/",
            "https://x.y?q",
            "https://x/@b:c",
            "https://xn--bcher-kva.example/",
        ] {
            assert_eq!(Url::parse(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        for bad in [
            "",
            "http://",
            "https:///x",
            "ftp://a",
            "javascript:alert(1)",
            "//a",
            "/a",
            "http:/a",
            "https://u@a",
            "https://u:p@a",
            "https://a:0",
            "https://a:",
            "https://a:65536",
            "https://a b",
            "https://a/ b",
            "https://a/\n",
            "https://ä",
            "https://a/ä",
            "https://a/%2",
            "https://a/%zz",
            "https://a..b",
            "https://-a",
            "https://a\\b",
            "https://[::1]/",
            " https://a",
            "https://a/<b>",
            "data://x",
        ] {
            assert_eq!(Url::parse(bad).unwrap_err().code(), "bad_format", "{bad:?}");
        }
        let long = format!("https://a/{}", "x".repeat(2039));
        assert_eq!(Url::parse(&long).unwrap_err().code(), "too_long");
        assert!(Url::parse(&long[..2048]).is_ok());
    }
}
