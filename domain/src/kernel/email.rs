//! An e-mail address, checked as far as it helps: only sending a mail proves one.

use super::{
    FormatError,
    chars::{BLANK, CONTROL},
    format::within,
    wire::checked_string,
};

/// `local@domain` of at most 254 characters. The local part stays as typed, because only the receiving
/// server knows whether its case matters; the domain's ASCII letters become lower-case, because they
/// never matter in DNS, and so one address is written one way. Letters outside ASCII pass in both parts;
/// quoted local parts, comments and address literals do not: nobody's business card shows one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(String);

impl Email {
    pub const MAX: usize = 254;

    /// Spaces around the address, as copying leaves them, are dropped.
    pub fn parse(raw: &str) -> Result<Self, FormatError> {
        within(raw, Self::MAX)?;
        let parts = raw
            .trim_matches(' ')
            .split_once('@')
            .filter(|(local, domain)| is_local(local) && is_domain(domain));
        match parts {
            Some((local, domain)) => Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase()))),
            None => Err(FormatError::expected("an e-mail address like ada@example.com")),
        }
    }
}

checked_string!(Email, FormatError);

fn is_local(local: &str) -> bool {
    local.chars().count() <= 64
        && local.split('.').all(|atom| {
            !atom.is_empty()
                && atom
                    .chars()
                    .all(|c| !CONTROL.contains(c) && !BLANK.contains(c) && !r#""(),:;<>@[\]"#.contains(c))
        })
}

fn is_domain(domain: &str) -> bool {
    domain.contains('.') && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let letter =
        |c: char| c.is_ascii_alphanumeric() || !(c.is_ascii() || CONTROL.contains(c) || BLANK.contains(c));
    (1..=63).contains(&label.chars().count())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c == '-' || letter(c))
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{BLANK, CONTROL, Email};

    impl JsonSchema for Email {
        fn schema_name() -> Cow<'static, str> {
            "Email".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            let unseen = format!("{}{}", CONTROL.class(), BLANK.class());
            let atom = format!(r#"[^{unseen}"(),.:;<>@\[\\\]]+"#);
            let letter = format!(r"[^{unseen}\u0000-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007f]");
            let inner =
                format!(r"[^{unseen}\u0000-\u002c\u002e\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007f]");
            let label = format!("{letter}({inner}{{0,61}}{letter})?");
            json_schema!({
                "description": "An e-mail address. The domain's letters become lower-case.",
                "type": "string",
                "maxLength": Email::MAX,
                "pattern": format!(r"^ *(?=[^@]{{1,64}}@){atom}(\.{atom})*@{label}(\.{label})+ *$"),
                "examples": ["ada@example.com"],
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Email;
    use crate::kernel::Coded;

    #[test]
    fn the_domain_becomes_lower_case_and_the_rest_stays() {
        assert_eq!(Email::parse(" Ada.L+x@Example.COM ").unwrap().as_str(), "Ada.L+x@example.com");
        for good in ["a@b.c", "o'brien@x-y.co", "müller@bücher.example", "用户@例子.广告", "a_b-c@1.2.3"]
        {
            assert_eq!(Email::parse(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "@",
            "a",
            "a@",
            "@b.c",
            "a@b",
            "a@b.",
            "a@.b",
            "a@b..c",
            "a@@b.c",
            "a@b@c.d",
            ".a@b.c",
            "a.@b.c",
            "a..b@c.d",
            "a b@c.d",
            "a@b c.d",
            "a@-b.c",
            "a@b-.c",
            "a@b_c.d",
            "a\0@b.c",
            "a@b.c\n",
            "<a@b.c>",
            "\"a b\"@c.d",
            "a@[1.2.3.4]",
            "a\u{200b}@b.c",
            "a@b.c\u{202e}",
        ] {
            assert_eq!(Email::parse(bad).unwrap_err().code(), "bad_format", "{bad:?}");
        }
        assert!(Email::parse(&format!("{}@b.c", "a".repeat(64))).is_ok());
        assert!(Email::parse(&format!("{}@b.c", "a".repeat(65))).is_err());
        assert!(Email::parse(&format!("a@{}.c", "b".repeat(64))).is_err());
        assert_eq!(Email::parse(&format!("a@{}", "b.".repeat(200))).unwrap_err().code(), "too_long");
    }

    #[test]
    fn the_error_does_not_repeat_the_address() {
        let error = serde_json::from_value::<Email>("ada lovelace@x".into()).unwrap_err();
        assert!(!error.to_string().contains("lovelace"), "{error}");
    }
}
