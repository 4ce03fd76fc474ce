//! What can be wrong with one field: the one table of the codes in a problem's `errors`.

/// What all faults of one code have in common.
#[derive(Debug, PartialEq, Eq)]
pub struct FieldCode {
    /// For programs: stable, never used for anything else.
    pub code: &'static str,
    /// For people, with what to do.
    pub meaning: &'static str,
}

macro_rules! fields {
    ($($name:ident $code:literal $meaning:literal;)+) => {
        impl FieldCode {
            $(pub const $name: &Self = &Self { code: $code, meaning: $meaning };)+

            pub const ALL: &[&Self] = &[$(Self::$name,)+];
        }
    };
}

impl FieldCode {
    pub fn of(code: &str) -> Option<&'static Self> {
        Self::ALL.iter().copied().find(|field| field.code == code)
    }
}

fields! {
    MALFORMED_JSON "malformed_json" "The body is no JSON. It is then the only error, at the root; `detail` says at which line and column.";
    MISSING "missing" "A required field is not there.";
    UNKNOWN_FIELD "unknown_field" "There is no such field: look for a slip of the pen, or leave it away.";
    DUPLICATE_FIELD "duplicate_field" "The field is there more than once.";
    WRONG_TYPE "wrong_type" "A value of another type is expected; numbers are whole, and no texts.";
    NOT_ONE_OF "not_one_of" "None of the words that are allowed; `detail` lists them.";
    EMPTY "empty" "A text without a character that can be seen.";
    TOO_SHORT "too_short" "A text with fewer characters than it must have.";
    TOO_LONG "too_long" "A text with more characters than it may have.";
    TOO_FEW "too_few" "A list with fewer items than it must have.";
    TOO_MANY "too_many" "A list with more items than it may have.";
    NOT_UNIQUE "not_unique" "The same item is in a list twice.";
    BAD_FORMAT "bad_format" "Not in the form that is expected, as of an e-mail address, a moment or an id.";
    CONTROL_CHARACTER "control_character" "A text holds a control character, as NUL or, where it has one line, a line break.";
    BIDI_CONTROL "bidi_control" "A text holds a character that turns the direction of writing and could make it read as something else.";
    OUT_OF_RANGE "out_of_range" "A number or moment beyond its bounds.";
    NOT_POSITIVE "not_positive" "A number that has to be above zero.";
    TOO_LARGE "too_large" "A decimal number beyond what can be reckoned with.";
    TOO_MANY_DECIMALS "too_many_decimals" "A decimal number with more than four decimals.";
    UNKNOWN_CURRENCY "unknown_currency" "No currency code of ISO 4217.";
    CURRENCY_MISMATCH "currency_mismatch" "An amount in another currency than what it belongs to.";
    UNKNOWN_TIME_ZONE "unknown_time_zone" "No name of a time zone in the IANA database, as `Europe/Madrid`.";
    INVALID "invalid" "Not what is expected, in a way that has no code of its own.";
}
