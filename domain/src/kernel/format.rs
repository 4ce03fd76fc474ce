//! The one error of types that are text of a fixed form: slugs, paths, addresses, ids, words.

use thiserror::Error;

use super::Coded;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FormatError {
    #[error("longer than {max} characters")]
    TooLong { max: usize },
    #[error("expected {expected}")]
    BadFormat { expected: &'static str },
}

impl FormatError {
    pub(crate) const fn expected(expected: &'static str) -> Self {
        Self::BadFormat { expected }
    }
}

impl Coded for FormatError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too_long",
            Self::BadFormat { .. } => "bad_format",
        }
    }
}

/// Characters are counted, not bytes, because that is what a JSON Schema's `maxLength` counts.
pub(crate) fn within(raw: &str, max: usize) -> Result<(), FormatError> {
    if raw.len() > max && raw.chars().count() > max {
        return Err(FormatError::TooLong { max });
    }
    Ok(())
}
