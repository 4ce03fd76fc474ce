//! Where a page stands on its site: `/`, `/about`, `/products/bread`.

use super::{
    FormatError,
    format::within,
    slug::is_slug,
    wire::{checked_string, json_schema_of},
};

/// `/`, or segments that look like slugs, each after a `/`; at most 200 characters. There is one way to
/// write a path (no trailing slash, no dots, no escapes), so equal text means the same page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PagePath(String);

impl PagePath {
    pub const MAX: usize = 200;

    pub fn parse(raw: &str) -> Result<Self, FormatError> {
        within(raw, Self::MAX)?;
        let good = raw == "/" || raw.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_slug));
        if good {
            Ok(Self(raw.to_owned()))
        } else {
            Err(FormatError::expected(
                "a path like /products/bread, in lower-case letters, digits and hyphens",
            ))
        }
    }
}

checked_string!(PagePath, FormatError);
json_schema_of!(PagePath, {
    "description": "The path of a page on its site, without a trailing slash.",
    "type": "string",
    "minLength": 1,
    "maxLength": PagePath::MAX,
    "pattern": "^/$|^(/[a-z0-9]+(-[a-z0-9]+)*)+$",
    "examples": ["/", "/products/bread"],
});

#[cfg(test)]
mod tests {
    use super::PagePath;
    use crate::kernel::Coded;

    #[test]
    fn paths() {
        for good in ["/", "/a", "/about-us", "/products/bread/2"] {
            assert_eq!(PagePath::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "", "a", "//", "/a/", "/a//b", "/../a", "/.", "/A", "/a b", "/a?b", "/a#b", "/ä", "/a%20",
            "/a\\b", "/-a",
        ] {
            assert_eq!(PagePath::parse(bad).unwrap_err().code(), "bad_format", "{bad:?}");
        }
        assert_eq!(PagePath::parse(&"/a".repeat(101)).unwrap_err().code(), "too_long");
    }
}
