//! What a schema can say of a value is that it does not fit. The value's own type knows why, and it knows more than
//! a schema can tell; the example of each command makes it possible to ask about one value alone.

use serde_json::Value;
use xentri_domain::aggregate::CommandKind;

use super::{FieldError, MOST_ERRORS, strict};
use crate::FieldCode;
use crate::files::{command_name, command_schema};

/// A body of that command with every field, as its schema brings it.
pub(super) struct Example {
    pub(super) kind: CommandKind,
    pub(super) body: Value,
}

impl Example {
    pub(super) fn of(kind: &CommandKind) -> Option<Self> {
        let schema: Value = serde_json::from_str(command_schema(&command_name(kind))?).ok()?;
        Some(Self { kind: *kind, body: schema.pointer("/examples/0")?.clone() })
    }

    /// Puts the type's own code and message where the schema found a value wrong. Each value is tried in the example,
    /// so that its code depends on nothing else in the body.
    pub(super) fn prefer_own_words(&self, body: &Value, errors: &mut [FieldError]) {
        for error in errors
            .iter_mut()
            .filter(|error| !error.is(FieldCode::MISSING) && !error.is(FieldCode::UNKNOWN_FIELD))
        {
            let Some(value) = body.pointer(&error.pointer) else { continue };
            // The type would take it for an object's values, one after another, and blame one that nobody named.
            if value.is_array() && error.is(FieldCode::WRONG_TYPE) {
                continue;
            }
            let mut candidate = self.body.clone();
            let Some(target) = candidate.pointer_mut(&self.place(body, &error.pointer)) else { continue };
            target.clone_from(value);
            let refused = strict::read(&self.kind, candidate).err();
            if let Some((code, detail)) = refused.and_then(|refused| refused.own_words()) {
                error.code = code.into();
                error.detail = detail;
            }
        }
    }

    /// Adds what only the type finds: what is wrong already gets the example's value, and the rest is read again.
    pub(super) fn find_the_rest(&self, body: &Value, errors: &mut Vec<FieldError>) {
        let mut repaired = body.clone();
        if !errors.iter().all(|error| self.repair(&mut repaired, error)) {
            return;
        }
        while errors.len() < MOST_ERRORS
            && let Err(refused) = strict::read(&self.kind, repaired.clone())
        {
            let error = refused.into_error();
            if errors.iter().any(|known| known.pointer == error.pointer)
                || !self.repair(&mut repaired, &error)
            {
                return;
            }
            errors.push(error);
        }
    }

    /// In a list, the whole item is put right.
    fn repair(&self, body: &mut Value, error: &FieldError) -> bool {
        let pointer = self.up_to_item(&error.pointer);
        let good = self.body.pointer(&self.place(body, pointer)).cloned();
        let Some((parent, name)) = pointer.rsplit_once('/') else { return false };
        let name = name.replace("~1", "/").replace("~0", "~");
        match (body.pointer_mut(parent), good) {
            (Some(Value::Object(fields)), Some(good)) => {
                fields.insert(name, good);
                true
            }
            (Some(Value::Object(fields)), None) => {
                error.is(FieldCode::UNKNOWN_FIELD) && fields.remove(&name).is_some()
            }
            (Some(Value::Array(items)), Some(good)) => {
                let item = name.parse().ok().and_then(|n: usize| items.get_mut(n));
                item.map(|item| *item = good).is_some()
            }
            _ => false,
        }
    }

    fn up_to_item<'a>(&self, pointer: &'a str) -> &'a str {
        let ends = pointer.match_indices('/').map(|(at, _)| at).chain([pointer.len()]);
        let parents = ends.filter(|at| self.body.pointer(&pointer[..*at]).is_some_and(Value::is_array));
        let item_end =
            parents.map(|at| pointer[at..].match_indices('/').nth(1).map_or(pointer.len(), |(n, _)| at + n));
        &pointer[..item_end.min().unwrap_or(pointer.len())]
    }

    /// The same place in the example. Of a list, the item that has the same `type`, or else the first.
    pub(super) fn place(&self, body: &Value, pointer: &str) -> String {
        let (mut there, mut here) = (String::new(), String::new());
        for token in pointer.split('/').skip(1) {
            here = format!("{here}/{token}");
            let tag = |item: &Value| item.get("type").cloned();
            let wanted = body.pointer(&here).and_then(tag);
            let item = self
                .body
                .pointer(&there)
                .and_then(Value::as_array)
                .map(|items| items.iter().position(|item| tag(item) == wanted).unwrap_or(0).to_string());
            there = format!("{there}/{}", item.as_deref().unwrap_or(token));
        }
        there
    }
}
