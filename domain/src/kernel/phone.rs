//! A telephone number in international form.

use super::{
    FormatError,
    format::within,
    wire::{checked_string, json_schema_of},
};

/// Kept as `+` and 7 to 15 digits (E.164). People may write it with spaces, hyphens, dots, slashes and
/// parentheses. The `+` is needed, because without it nobody knows the country; `(0)`, the trunk digit
/// that some countries drop and some keep, is refused rather than guessed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

impl Phone {
    /// Of what is typed.
    pub const MAX: usize = 40;

    pub fn parse(raw: &str) -> Result<Self, FormatError> {
        within(raw, Self::MAX)?;
        let number: String = raw.chars().filter(|c| !" -./()\u{a0}".contains(*c)).collect();
        if is_international(&number) && !raw.contains("(0)") {
            Ok(Self(number))
        } else {
            Err(FormatError::expected("an international number like +34 600 123 456"))
        }
    }
}

checked_string!(Phone, FormatError);
json_schema_of!(Phone, {
    "description": "An international telephone number; spaces, hyphens, dots, slashes and parentheses are dropped.",
    "type": "string",
    "maxLength": Phone::MAX,
    "pattern": r"^[ ./()\u00a0-]*\+[ ./()\u00a0-]*[1-9]([ ./()\u00a0-]*[0-9]){6,14}[ ./()\u00a0-]*$",
    "not": { "pattern": r"\(0\)" },
    "examples": ["+34600123456"],
});

// No country code starts with 0.
fn is_international(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::Phone;
    use crate::kernel::Coded;

    #[test]
    fn numbers_are_kept_without_decoration() {
        for (raw, kept) in [
            ("+34600123456", "+34600123456"),
            (" +1 (415) 555-2671 ", "+14155552671"),
            ("(+49) 30/1234.567", "+49301234567"),
            ("+33\u{a0}1\u{a0}23\u{a0}45\u{a0}67\u{a0}89", "+33123456789"),
        ] {
            assert_eq!(Phone::parse(raw).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for bad in [
            "",
            "+",
            "600123456",
            "0034600123456",
            "+123456",
            "+1234567890123456",
            "+0123456789",
            "++34600123456",
            "+34600123456x",
            "+34\n600123456",
            "+٣٤٦٠٠١٢٣٤",
            "+49 (0)30 1234567",
            "34+600123456",
        ] {
            assert_eq!(Phone::parse(bad).unwrap_err().code(), "bad_format", "{bad:?}");
        }
        assert_eq!(Phone::parse(&format!("+1234567{}", " ".repeat(33))).unwrap_err().code(), "too_long");
    }
}
