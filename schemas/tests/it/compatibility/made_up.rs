//! Pairs of schemas that were never released, one change each.

use serde_json::{Value, json};

use super::compare::compare;
use super::rule::Promise::{self, Answer, Command, Event, NextMinor};

fn old() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "maxLength": 200, "x-personal": true },
            "score": { "type": "integer", "minimum": 0, "maximum": 100 },
            "source": { "type": "string", "enum": ["form", "import"] },
            "currency": { "type": "string", "enum": ["EUR"], "x-grows": true },
            "code": { "type": "string", "pattern": "^[a-z]+$" },
            "value": { "anyOf": [{ "$ref": "#/$defs/Money" }, { "type": "null" }] },
            "lines": { "type": "array", "items": { "$ref": "#/$defs/Line" } },
            "block": { "oneOf": [
                { "type": "object", "properties": { "kind": { "const": "text" }, "text": { "type": "string" } }, "required": ["kind"] },
                { "type": "object", "properties": { "kind": { "const": "image" } }, "required": ["kind"] },
            ]},
        },
        "required": ["name", "source"],
        "$defs": {
            "Money": {
                "type": "object",
                "properties": { "amount": { "type": "integer" }, "currency": { "type": "string" } },
                "required": ["amount", "currency"],
                "additionalProperties": false,
            },
            "Line": { "type": "object", "properties": {
                "text": { "type": "string" },
                "lines": { "type": "array", "items": { "$ref": "#/$defs/Line" } },
            }},
        },
    })
}

/// The places of a change that breaks the promise.
fn broken(promise: Promise, change: &dyn Fn(&mut Value)) -> Vec<String> {
    let mut new = old();
    change(&mut new);
    let broken = compare(&old(), &new).into_iter().filter(|change| change.rule.breaks(promise));
    broken.map(|change| change.to_string()).collect()
}

fn set(schema: &mut Value, pointer: &str, value: Value) {
    *schema.pointer_mut(pointer).unwrap() = value;
}

type Row<'a> = (&'a str, &'a dyn Fn(&mut Value), &'a str, &'a [Promise]);

/// What changes, how, the message, and which promises that breaks.
#[test]
#[rustfmt::skip]
fn every_rule() {
    let remove = |name: &'static str| move |schema: &mut Value| {
        schema["properties"].as_object_mut().unwrap().remove(name).unwrap();
    };
    let property = |pointer: &'static str, value: Value| move |schema: &mut Value| {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        schema.pointer_mut(parent).unwrap()[name] = value.clone();
    };
    let both = &[Event, Command];
    let all = &[Event, Command, NextMinor];
    let rows: &[Row<'_>] = &[
        ("nothing", &|_| {}, "", &[]),
        ("words for people", &property("/properties/name/description", json!("Who")), "", &[]),
        ("an optional field", &property("/properties/email", json!({ "type": "string" })), "", &[]),
        ("an optional field below", &property("/$defs/Money/properties/note", json!({ "type": "string" })), "", &[]),
        ("a field is removed", &remove("score"), "at /score: the field is gone (score)", all),
        ("a field is retyped", &property("/properties/score/type", json!("string")), "at /score: the type is another (integer → string)", all),
        ("deep inside", &property("/$defs/Money/properties/amount/type", json!("number")), "at /value/amount: the type is another (integer → number)", all),
        ("a list's item", &property("/$defs/Line/properties/text/type", json!("integer")), "at /lines/*/text: the type is another (string → integer)", all),
        ("a required field", &|schema| { schema["properties"]["email"] = json!({ "type": "string" }); schema["required"] = json!(["name", "source", "email"]); }, "at /email: a required field is new (email)", both),
        ("optional becomes required", &property("/required", json!(["name", "source", "score"])), "at /score: the field was optional and is required (score)", both),
        ("required becomes optional", &property("/required", json!(["name"])), "at /source: the field was always there and may be missing (source)", &[Event, NextMinor]),
        ("an upper bound falls", &property("/properties/name/maxLength", json!(100)), "at /name: a bound is narrower (maxLength 200 → 100)", both),
        ("an upper bound rises", &property("/properties/name/maxLength", json!(300)), "at /name: a bound is wider (maxLength 200 → 300)", &[Event]),
        ("a lower bound rises", &property("/properties/score/minimum", json!(1)), "at /score: a bound is narrower (minimum 0 → 1)", both),
        ("a lower bound falls", &property("/properties/score/minimum", json!(-1)), "at /score: a bound is wider (minimum 0 → -1)", &[Event]),
        ("a bound is new", &property("/properties/code/maxLength", json!(9)), "at /code: a bound is narrower (maxLength none → 9)", both),
        ("a bound is dropped", &|schema| { schema["properties"]["score"].as_object_mut().unwrap().remove("maximum"); }, "at /score: a bound is wider (maximum 100 → none)", &[Event]),
        ("a word is dropped", &property("/properties/source/enum", json!(["form"])), "at /source: a choice is gone (\"import\")", both),
        ("a word is added", &property("/properties/source/enum", json!(["form", "import", "manual"])), "at /source: a choice is new (\"manual\")", &[Event]),
        ("a word is added where readers expect more", &property("/properties/currency/enum", json!(["EUR", "USD"])), "", &[]),
        ("a word is dropped there", &property("/properties/currency/enum", json!(["USD"])), "at /currency: a choice is gone (\"EUR\")", both),
        ("a pattern is another", &property("/properties/code/pattern", json!("^[a-z]*$")), "at /code: a rule is another", both),
        ("no longer personal", &|schema| { schema["properties"]["name"].as_object_mut().unwrap().remove("x-personal"); }, "at /name: the field was personal and is not", all),
        ("null is no longer allowed", &property("/properties/value/anyOf", json!([{ "$ref": "#/$defs/Money" }])), "at /value: fewer types are allowed (null)", both),
        ("null is allowed", &property("/properties/score/type", json!(["integer", "null"])), "at /score: more types are allowed (integer → integer or null)", &[Event, NextMinor]),
        ("a form is dropped", &|schema| { schema["properties"]["block"]["oneOf"].as_array_mut().unwrap().pop(); }, "at /block: a choice is gone (kind \"image\")", both),
        ("a form is added", &|schema| { schema["properties"]["block"]["oneOf"].as_array_mut().unwrap().push(json!({ "type": "object", "properties": { "kind": { "const": "video" } } })); }, "at /block: a choice is new (kind \"video\")", &[Event]),
        ("inside a form", &property("/properties/block/oneOf/0/properties/text/type", json!("integer")), "at /block/text: the type is another (string → integer)", all),
        ("forms in another order", &|schema| { schema["properties"]["block"]["oneOf"].as_array_mut().unwrap().reverse(); }, "", &[]),
        ("a closed object opens", &|schema| { schema["$defs"]["Money"].as_object_mut().unwrap().remove("additionalProperties"); }, "at /value: a bound is wider (additionalProperties false → none)", &[Event]),
        ("an open object closes", &property("/$defs/Line/additionalProperties", json!(false)), "at /lines/*: a bound is narrower (additionalProperties none → false)", both),
    ];
    for (what, change, message, promises) in rows {
        let more_is_there = ["a required field", "optional becomes required"].contains(what);
        for promise in [Event, Command, NextMinor, Answer] {
            let broken = broken(promise, change);
            let breaks = match promise {
                Answer => promises.contains(&Event) && !more_is_there,
                other => promises.contains(&other),
            };
            assert_eq!(!broken.is_empty(), breaks, "{what}, {promise:?}: {broken:?}");
            assert!(broken.iter().all(|said| said.starts_with(message)), "{what}: {broken:?}");
        }
    }
}

#[test]
fn the_same_schema_written_otherwise_is_the_same() {
    let mut inline = old();
    let money = inline["$defs"]["Money"].clone();
    set(&mut inline, "/properties/value/anyOf/0", money);
    set(&mut inline, "/properties/source", json!({ "oneOf": [{ "const": "import" }, { "const": "form" }] }));
    assert_eq!(compare(&old(), &inline), []);
}
