//! The name of something in an address: `acme-bakery`.

use super::{
    FormatError,
    format::within,
    wire::{checked_string, json_schema_of},
};

/// 1 to 63 lower-case letters, digits and single hyphens between them: what a DNS label can be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

impl Slug {
    pub const MAX: usize = 63;

    pub fn parse(raw: &str) -> Result<Self, FormatError> {
        within(raw, Self::MAX)?;
        if is_slug(raw) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(FormatError::expected("lower-case letters, digits and single hyphens between them"))
        }
    }
}

checked_string!(Slug, FormatError);
json_schema_of!(Slug, {
    "description": "Lower-case letters, digits and single hyphens between them.",
    "type": "string",
    "minLength": 1,
    "maxLength": Slug::MAX,
    "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
    "examples": ["acme-bakery"],
});

/// Of any length: a page path is made of these too.
pub(super) fn is_slug(raw: &str) -> bool {
    raw.split('-')
        .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::Slug;
    use crate::kernel::Coded;

    #[test]
    fn slugs() {
        for good in ["a", "0", "acme", "acme-bakery-2", &"a".repeat(63)] {
            assert_eq!(Slug::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "-", "a-", "-a", "a--b", "Acme", "a_b", "a b", "ä", "a.b", "a\n", " a"] {
            assert_eq!(Slug::parse(bad).unwrap_err().code(), "bad_format", "{bad:?}");
        }
        assert_eq!(Slug::parse(&"a".repeat(64)).unwrap_err().code(), "too_long");
    }
}
