//! Reading the body of a command: into the command itself, or into everything that is wrong with the body.
//!
//! The types read strictly and stop at the first fault. Only then the committed JSON Schema is asked, which finds
//! nearly all, and the types again for what it can't tell. Codes are stable, and the same fault has the same code whatever else is wrong; no detail repeats what
//! was sent, because it may be personal.

mod example;
mod strict;
mod violations;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use xentri_domain::aggregate::CommandKind;
use xentri_domain::registry::Command;

use crate::FieldCode;
use example::Example;
use strict::Refused;

/// One thing that is wrong with the body of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Where, as a JSON pointer; a field that is missing is pointed at as if it were there.
    pub pointer: String,
    pub code: Cow<'static, str>,
    /// For people.
    pub detail: String,
}

impl FieldError {
    /// The code when the body is no JSON at all; it is then the only error.
    pub const MALFORMED: &'static str = FieldCode::MALFORMED_JSON.code;

    fn new(pointer: impl Into<String>, code: &'static FieldCode, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: code.code.into(), detail: detail.into() }
    }

    fn is(&self, code: &FieldCode) -> bool {
        self.code == code.code
    }
}

/// No more than that many errors are reported.
const MOST_ERRORS: usize = 50;

/// An empty body is `{}`.
pub fn read_command(kind: &CommandKind, body: &[u8]) -> Result<Command, Vec<FieldError>> {
    let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let refused = match strict::read(kind, &mut deserializer) {
        Ok(command) => match deserializer.end() {
            Ok(()) => {
                new_ids_are_in_order_of_time(&command)?;
                return no_lists_for_objects(kind, body).map(|()| command);
            }
            Err(error) => return Err(vec![malformed(&error)]),
        },
        Err(refused) => refused,
    };
    let value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => return Err(vec![malformed(&error)]),
    };
    Err(everything_wrong(kind, &value, refused))
}

/// Ids of version 5 are made from natural keys; a client who could choose one would take another thing's place.
fn new_ids_are_in_order_of_time(command: &Command) -> Result<(), Vec<FieldError>> {
    match command.chosen_id() {
        Some(id) if !id.is_v7() => {
            Err(vec![FieldError::new("/id", FieldCode::BAD_FORMAT, "expected a UUID of version 7")])
        }
        _ => Ok(()),
    }
}

/// A derived struct also reads a list of its fields in their order, which nobody was promised. So a body with a list in it
/// is held against the schema even though the types took it; few bodies have one.
fn no_lists_for_objects(kind: &CommandKind, body: &[u8]) -> Result<(), Vec<FieldError>> {
    if !body.contains(&b'[') {
        return Ok(());
    }
    let body = serde_json::from_slice(body).map_err(|error| vec![malformed(&error)])?;
    let errors = violations::all(kind, &body);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn everything_wrong(kind: &CommandKind, body: &Value, refused: Refused) -> Vec<FieldError> {
    let mut errors = violations::all(kind, body);
    cut(&mut errors);
    if let Some(example) = Example::of(kind) {
        example.prefer_own_words(body, &mut errors);
        example.find_the_rest(body, &mut errors);
    }
    // A repeated field is gone from `body`.
    if errors.is_empty() || refused.is_duplicate() {
        errors.push(refused.into_error());
    }
    cut(&mut errors);
    errors
}

fn cut(errors: &mut Vec<FieldError>) {
    errors.sort_by(|one, other| one.pointer.cmp(&other.pointer));
    errors.truncate(MOST_ERRORS);
}

fn malformed(error: &serde_json::Error) -> FieldError {
    let detail = format!("no valid JSON at line {}, column {}", error.line(), error.column());
    FieldError::new("", FieldCode::MALFORMED_JSON, detail)
}
