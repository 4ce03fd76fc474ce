//! Every golden body of a command, changed in one place: the refusal points there.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use xentri_domain::aggregate::CommandKind;
use xentri_domain::registry::command_kinds;
use xentri_schemas::{FieldCode, command_name, read_command};

use crate::files::read_json;
use crate::samples::command_path;

#[derive(Debug, Clone, Copy)]
enum Mutation {
    /// Of an object or list, where a scalar stands, and the other way round.
    Kind,
    /// What no text may be, or no number.
    Beyond,
    Control,
    Remove,
    Add,
}

const MUTATIONS: &[Mutation] =
    &[Mutation::Kind, Mutation::Beyond, Mutation::Control, Mutation::Remove, Mutation::Add];

/// Every place in a body, as pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    for (name, below) in value.as_object().into_iter().flatten() {
        places(below, &format!("{at}/{name}"), found);
    }
    for (n, below) in value.as_array().into_iter().flatten().enumerate() {
        places(below, &format!("{at}/{n}"), found);
    }
}

/// The place where the refusal has to point; none where the mutation does not apply.
fn mutate(body: &mut Value, at: &str, mutation: Mutation) -> Option<String> {
    let target = body.pointer_mut(at)?;
    match (mutation, &mut *target) {
        (Mutation::Kind, Value::Object(_) | Value::Array(_)) => *target = json!("text"),
        (Mutation::Kind, Value::String(_)) => *target = json!(["text"]),
        (Mutation::Kind, _) => *target = json!({ "a": 1 }),
        (Mutation::Beyond, Value::String(text)) => *text = "x".repeat(140_000),
        (Mutation::Beyond, Value::Number(_)) => *target = json!(i64::MAX),
        (Mutation::Control, Value::String(text)) => text.push_str("\0."),
        (Mutation::Add, Value::Object(fields)) => {
            fields.insert("co/lour".into(), "red".into());
            return Some(format!("{at}/co~1lour"));
        }
        (Mutation::Remove, _) => {
            let (parent, name) = at.rsplit_once('/')?;
            body.pointer_mut(parent)?.as_object_mut()?.remove(name)?;
        }
        _ => return None,
    }
    Some(at.to_owned())
}

fn check(kind: &CommandKind, body: &Value, place: &str, mutation: Mutation) {
    let name = command_name(kind);
    let mut changed = body.clone();
    let Some(place) = mutate(&mut changed, place, mutation) else { return };
    match read_command(kind, changed.to_string().as_bytes()) {
        // A field that may be left out.
        Ok(_) => assert!(matches!(mutation, Mutation::Remove), "{name} accepts {mutation:?} at {place}"),
        Err(errors) => {
            let known = errors.iter().all(|error| FieldCode::of(&error.code).is_some());
            assert!(known, "{name}, {mutation:?} at {place}: {errors:?}");
            let points = |pointer: &str| {
                pointer.strip_prefix(&place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            assert!(
                errors.iter().any(|error| points(&error.pointer)),
                "{name}, {mutation:?} at {place}: {errors:?}"
            );
        }
    }
}

#[test]
fn a_refusal_points_to_what_was_changed() {
    for kind in command_kinds() {
        let body = read_json(&command_path(&command_name(kind))).unwrap();
        let mut all = Vec::new();
        places(&body, "", &mut all);
        for place in &all {
            for mutation in MUTATIONS {
                check(kind, &body, place, *mutation);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn no_bytes_make_it_panic(which: Index, bytes: Vec<u8>) {
        let kinds: Vec<_> = command_kinds().collect();
        drop(read_command(kinds[which.index(kinds.len())], &bytes));
    }
}
