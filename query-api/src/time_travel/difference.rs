//! What changed between two versions, field by field.

use serde::Serialize;
use serde_json::{Map, Value};
use xentri_domain::aggregate::StreamRef;
use xentri_ledger::{KeyRing, TenantTx, Until};

use super::TimeTravelError;
use super::fold::Walk;

/// Something at a place of the state that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// A JSON pointer into the state.
    pub pointer: String,
    /// None where there was nothing.
    pub before: Option<Value>,
    /// None where there is nothing any more.
    pub after: Option<Value>,
}

/// Of the state at version `from`, 0 for before the stream began, and at `to`, which may be the earlier one. None where the
/// stream has no such versions. One walk through the events. What is sealed is sealed anew with every event that brings it, so
/// that two sealed values differ although they may say the same.
pub async fn diff_in_tx(
    tx: &mut TenantTx,
    keys: &KeyRing,
    stream: StreamRef,
    (from, to): (u32, u32),
    opens: bool,
) -> Result<Option<Vec<Change>>, TimeTravelError> {
    let Some(mut walk) = Walk::new(stream, opens.then_some(keys)) else { return Ok(None) };
    let (first, last) = (from.min(to), from.max(to));
    let mut states = Vec::with_capacity(2);
    for version in [first, last] {
        walk.on(tx, Until::Version(version)).await?;
        if walk.version() != version {
            return Ok(None);
        }
        states.push(if version == 0 { Value::Object(Map::new()) } else { walk.written()? });
    }
    if last == 0 {
        return Ok(None);
    }
    let (before, after) = if from <= to { (&states[0], &states[1]) } else { (&states[1], &states[0]) };
    Ok(Some(changes(before, after)))
}

pub(crate) fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare(&mut found, "", Some(before), Some(after));
    found
}

fn compare(found: &mut Vec<Change>, pointer: &str, before: Option<&Value>, after: Option<&Value>) {
    match (before, after) {
        (before, after) if before == after => {}
        (Some(Value::Object(before)), Some(Value::Object(after)))
            if !is_personal(before) && !is_personal(after) =>
        {
            let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in names {
                let pointer = format!("{pointer}/{}", escaped(name));
                compare(found, &pointer, before.get(name), after.get(name));
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            for place in 0..before.len().max(after.len()) {
                compare(found, &format!("{pointer}/{place}"), before.get(place), after.get(place));
            }
        }
        (before, after) => {
            found.push(Change {
                pointer: pointer.to_owned(),
                before: before.cloned(),
                after: after.cloned(),
            });
        }
    }
}

/// A value that is sealed or forgotten is one value.
fn is_personal(fields: &Map<String, Value>) -> bool {
    fields.len() == 1 && fields.contains_key("$p")
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: &Value, after: &Value) -> Vec<(String, Value, Value)> {
        let gone = || json!("(nothing)");
        let tell = |change: Change| {
            (change.pointer, change.before.unwrap_or_else(gone), change.after.unwrap_or_else(gone))
        };
        changes(before, after).into_iter().map(tell).collect()
    }

    fn change(pointer: &str, before: Value, after: Value) -> (String, Value, Value) {
        (pointer.to_owned(), before, after)
    }

    #[test]
    fn only_what_changed_is_named_where_it_stands() {
        let before = json!({ "a": 1, "b": { "c": [1, 2], "d/~": true }, "e": null });
        let after = json!({ "a": 1, "b": { "c": [1, 3, 4], "d/~": false }, "f": "new" });
        let expected = [
            change("/b/c/1", json!(2), json!(3)),
            change("/b/c/2", json!("(nothing)"), json!(4)),
            change("/b/d~1~0", json!(true), json!(false)),
            change("/e", Value::Null, json!("(nothing)")),
            change("/f", json!("(nothing)"), json!("new")),
        ];
        assert_eq!(told(&before, &after), expected);
        assert_eq!(told(&before, &before), []);
    }

    #[test]
    fn another_kind_of_value_is_one_change() {
        assert_eq!(
            told(&json!({ "a": [1] }), &json!({ "a": { "0": 1 } })),
            [change("/a", json!([1]), json!({ "0": 1 }))]
        );
    }

    #[test]
    fn a_sealed_value_is_compared_as_a_whole() {
        let (sealed, other, forgotten) =
            (json!({ "$p": "AQID" }), json!({ "$p": "AQIE" }), json!({ "$p": null }));
        for (before, after) in [(&sealed, &other), (&sealed, &forgotten)] {
            let found = told(&json!({ "name": before }), &json!({ "name": after }));
            assert_eq!(found, [change("/name", before.clone(), after.clone())]);
        }
    }
}
