//! The way in: straight into the type, so that a repeated field is seen, and a refusal has a place.

use std::fmt::Display;

use serde::Deserializer;
use serde_path_to_error::{Deserializer as Tracked, Path, Segment, Track};
use xentri_domain::aggregate::CommandKind;
use xentri_domain::kernel::split_code;
use xentri_domain::registry::Command;

use super::FieldError;
use crate::FieldCode;

/// The first fault that the type found.
pub(super) struct Refused {
    pointer: String,
    message: String,
}

pub(super) fn read<'de, D>(kind: &CommandKind, deserializer: D) -> Result<Command, Refused>
where
    D: Deserializer<'de, Error: Display>,
{
    let mut track = Track::new();
    match Command::read(kind, Tracked::new(deserializer, &mut track)) {
        Some(Ok(command)) => Ok(command),
        Some(Err(error)) => Err(Refused { pointer: pointer(&track.path()), message: error.to_string() }),
        None => Err(Refused { pointer: String::new(), message: "no such command".into() }),
    }
}

impl Refused {
    pub(super) fn is_duplicate(&self) -> bool {
        self.message.starts_with("duplicate field")
    }

    /// What the value's own type says, where it was the one to refuse.
    pub(super) fn own_words(&self) -> Option<(String, String)> {
        let (code, message) = split_code(&self.message)?;
        // serde_json says where in the text; the pointer says it better.
        let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
        Some((code.to_owned(), message.to_owned()))
    }

    pub(super) fn into_error(self) -> FieldError {
        if let Some((code, message)) = self.own_words() {
            return FieldError { pointer: self.pointer, code: code.into(), detail: message };
        }
        // Faults of an object as a whole name the field; other messages of serde quote what they refuse.
        let field = self.message.split('`').nth(1).map(|name| format!("{}/{}", self.pointer, escaped(name)));
        let of_the_object =
            ["duplicate field", "missing field"].iter().any(|fault| self.message.starts_with(fault));
        let pointer = field.filter(|_| of_the_object).unwrap_or(self.pointer);
        let (code, detail) = match self.message {
            message if message.starts_with("duplicate field") => {
                (FieldCode::DUPLICATE_FIELD, "given more than once")
            }
            message if message.starts_with("missing field") => {
                (FieldCode::MISSING, "a required field is missing")
            }
            message if message.starts_with("unknown field") => {
                (FieldCode::UNKNOWN_FIELD, "there is no such field")
            }
            message if message.starts_with("unknown variant") => {
                (FieldCode::NOT_ONE_OF, "none of the words allowed")
            }
            message if message.starts_with("invalid type") => {
                (FieldCode::WRONG_TYPE, "another type is expected")
            }
            _ => (FieldCode::INVALID, "not what is expected"),
        };
        FieldError::new(pointer, code, detail)
    }
}

fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&escaped(key));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// A field's name inside a JSON pointer.
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
