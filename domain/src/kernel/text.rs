//! Text that people write: names and titles ([`Text`], one line) and notes ([`Note`], many lines).
//!
//! Kept as typed but for white space at the ends. Deliberately **not** brought into a normal form (NFC):
//! the ledger keeps what was said byte for byte, and Unicode's tables change while old events must fold
//! alike for ever. Search normalises its own columns.
//!
//! Direction embeddings, overrides and isolates are refused: they would reorder what stands around them,
//! the amount beside a customer's name for one. Right-to-left names need none of them, and the
//! direction marks pass.

use std::borrow::Cow;

use thiserror::Error;

use super::{
    Coded,
    chars::{BIDI, BLANK, CONTROL, CONTROL_BUT_LINES, LINE_BREAK},
    wire::checked_string,
};

/// One line of at most `MAX` characters (Unicode scalar values), counted before trimming as the schema does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(String);

/// Like [`Text`], with line feeds and tabs allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Note<const MAX: usize>(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TextError {
    #[error("no visible character")]
    Empty,
    #[error("longer than {max} characters")]
    TooLong { max: usize },
    #[error("contains a control character")]
    ControlCharacter,
    #[error("contains a character that changes the direction of the text around it")]
    BidiControl,
}

impl Coded for TextError {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong { .. } => "too_long",
            Self::ControlCharacter => "control_character",
            Self::BidiControl => "bidi_control",
        }
    }
}

impl<const MAX: usize> Text<MAX> {
    pub fn parse(raw: &str) -> Result<Self, TextError> {
        check(raw, MAX, |c| CONTROL.contains(c) || LINE_BREAK.contains(c)).map(Self)
    }
}

impl<const MAX: usize> Note<MAX> {
    pub fn parse(raw: &str) -> Result<Self, TextError> {
        within(raw, MAX)?;
        // Forms and mail write lines that way.
        let lines = if raw.contains('\r') { Cow::from(raw.replace("\r\n", "\n")) } else { Cow::from(raw) };
        check(&lines, MAX, |c| CONTROL_BUT_LINES.contains(c)).map(Self)
    }
}

checked_string!(Text<MAX>, TextError);
checked_string!(Note<MAX>, TextError);

fn check(raw: &str, max: usize, is_control: fn(char) -> bool) -> Result<String, TextError> {
    within(raw, max)?;
    let mut visible = false;
    for c in raw.chars() {
        // Printable ASCII is nearly all there is; it needs none of the sets.
        if c.is_ascii_graphic() {
            visible = true;
        } else if c == ' ' {
            // Neither refused nor visible.
        } else if is_control(c) {
            return Err(TextError::ControlCharacter);
        } else if BIDI.contains(c) {
            return Err(TextError::BidiControl);
        } else {
            visible = visible || !BLANK.contains(c);
        }
    }
    if !visible {
        return Err(TextError::Empty);
    }
    Ok(raw.trim().to_owned())
}

fn within(raw: &str, max: usize) -> Result<(), TextError> {
    if raw.len() > max && raw.chars().count() > max {
        return Err(TextError::TooLong { max });
    }
    Ok(())
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{BIDI, BLANK, CONTROL, CONTROL_BUT_LINES, LINE_BREAK, Note, Text};

    // Inline, so that a field shows its own bound.
    impl<const MAX: usize> JsonSchema for Text<MAX> {
        fn inline_schema() -> bool {
            true
        }

        fn schema_name() -> Cow<'static, str> {
            format!("Text{MAX}").into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            let refused = format!("{}{}{}", CONTROL.class(), LINE_BREAK.class(), BIDI.class());
            bounded(MAX, &format!("^[^{refused}]*$"))
        }
    }

    impl<const MAX: usize> JsonSchema for Note<MAX> {
        fn inline_schema() -> bool {
            true
        }

        fn schema_name() -> Cow<'static, str> {
            format!("Note{MAX}").into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            bounded(MAX, &format!(r"^([^{}{}]|\r\n)*$", CONTROL_BUT_LINES.class(), BIDI.class()))
        }
    }

    // Two patterns, because one that said both would take quadratic time in a backtracking engine.
    fn bounded(max: usize, pattern: &str) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": max,
            "pattern": pattern,
            "allOf": [{ "pattern": format!("[^{}]", BLANK.class()) }],
        })
    }
}

#[cfg(test)]
mod tests;
