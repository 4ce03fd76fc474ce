//! Every difference between two schemas that can matter to somebody.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::rule::{Change, Rule};

/// Say nothing about the data.
const ANNOTATIONS: &[&str] =
    &["$schema", "$id", "$defs", "$comment", "title", "description", "examples", "default", "deprecated"];
/// Compared on their own.
const STRUCTURE: &[&str] =
    &["type", "properties", "required", "items", "oneOf", "anyOf", "enum", "const", "x-personal"];
const LOWER: &[&str] = &["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
const UPPER: &[&str] = &["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];

pub(super) fn compare(old: &Value, new: &Value) -> Vec<Change> {
    compare_within((old, old), (new, new))
}

/// Of schemas that stand in larger documents: each with the one that its references point into.
pub(super) fn compare_within(old: (&Value, &Value), new: (&Value, &Value)) -> Vec<Change> {
    let mut comparison = Comparison { old: old.1, new: new.1, changes: Vec::new(), open: Vec::new() };
    comparison.schemas(old.0, new.0, "");
    comparison.changes
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    changes: Vec<Change>,
    /// References that are being compared, for schemas that contain themselves.
    open: Vec<(&'a Value, &'a Value)>,
}

impl<'a> Comparison<'a> {
    fn say(&mut self, path: &str, rule: Rule, detail: impl Into<String>) {
        self.changes.push(Change { path: path.to_owned(), rule, detail: detail.into() });
    }

    fn schemas(&mut self, old: &'a Value, new: &'a Value, path: &str) {
        let (old, new) = (resolved(old, self.old), resolved(new, self.new));
        if self.open.iter().any(|(a, b)| std::ptr::eq(*a, old) && std::ptr::eq(*b, new)) {
            return;
        }
        self.open.push((old, new));
        if old["x-personal"] != new["x-personal"] {
            self.say(path, Rule::PersonalMarkChanged, "x-personal");
        } else if let (Some(was), Some(is)) = (words(old), words(new)) {
            self.words(&was, &is, path, new["x-grows"] == true && old["x-grows"] == true);
        } else {
            self.types(old, new, path);
            self.properties(old, new, path);
            self.forms(old, new, path);
            self.keywords(old, new, path);
            if let (Some(old), Some(new)) = (old.get("items"), new.get("items")) {
                self.schemas(old, new, &format!("{path}/*"));
            }
        }
        self.open.pop();
    }

    fn words(&mut self, was: &BTreeSet<String>, is: &BTreeSet<String>, path: &str, grows: bool) {
        for word in was.difference(is) {
            self.say(path, Rule::WordRemoved, word);
        }
        for word in is.difference(was).filter(|_| !grows) {
            self.say(path, Rule::WordAdded, word);
        }
    }

    fn types(&mut self, old: &Value, new: &Value, path: &str) {
        let (was, is) = (types(old), types(new));
        if was == is {
            return;
        }
        let rule = match () {
            () if words(old).is_some() != words(new).is_some() => Rule::Retyped,
            () if is.is_subset(&was) && !is.is_empty() || was.is_empty() => Rule::TypeNarrowed,
            () if was.is_subset(&is) || is.is_empty() => Rule::TypeWidened,
            () => Rule::Retyped,
        };
        let list = |types: &BTreeSet<&str>| types.iter().copied().collect::<Vec<_>>().join(" or ");
        self.say(path, rule, format!("{} → {}", list(&was), list(&is)));
    }

    fn properties(&mut self, old: &'a Value, new: &'a Value, path: &str) {
        let (was, is) = (map(old, "properties"), map(new, "properties"));
        let (needed, needs) = (required(old), required(new));
        for (name, schema) in was.into_iter().flatten() {
            let path = format!("{path}/{name}");
            let Some(now) = is.and_then(|fields| fields.get(name)) else {
                self.say(&path, Rule::FieldRemoved, name);
                continue;
            };
            match (needed.contains(name.as_str()), needs.contains(name.as_str())) {
                (false, true) => self.say(&path, Rule::NowRequired, name),
                (true, false) => self.say(&path, Rule::NoLongerRequired, name),
                _ => {}
            }
            self.schemas(schema, now, &path);
        }
        for (name, _) in
            is.into_iter().flatten().filter(|(name, _)| was.is_none_or(|was| !was.contains_key(*name)))
        {
            let rule =
                if needs.contains(name.as_str()) { Rule::RequiredFieldAdded } else { Rule::FieldAdded };
            self.say(&format!("{path}/{name}"), rule, name);
        }
    }

    /// Each form of the old schema is one of the new, and the other way round; what is left differs.
    fn forms(&mut self, old: &'a Value, new: &'a Value, path: &str) {
        let (was, is) = (forms(old), forms(new));
        let unmatched = |these: &[&'a Value], those: &[&'a Value], turned: bool| -> Vec<usize> {
            let same = |this: &'a Value, that: &'a Value| {
                if turned {
                    self.differences(that, this).is_empty()
                } else {
                    self.differences(this, that).is_empty()
                }
            };
            (0..these.len()).filter(|n| !those.iter().any(|that| same(these[*n], that))).collect()
        };
        let (gone, fresh) = (unmatched(&was, &is, false), unmatched(&is, &was, true));
        // What left and came in the same place has changed; the rest has left, or has come.
        for &n in &gone {
            if fresh.contains(&n) {
                self.schemas(was[n], is[n], path);
            } else {
                self.say(
                    path,
                    null_or(was[n], Rule::TypeNarrowed, Rule::WordRemoved),
                    form_name(resolved(was[n], self.old)),
                );
            }
        }
        for n in fresh.into_iter().filter(|n| !gone.contains(n)) {
            self.say(
                path,
                null_or(is[n], Rule::TypeWidened, Rule::WordAdded),
                form_name(resolved(is[n], self.new)),
            );
        }
    }

    fn differences(&self, old: &'a Value, new: &'a Value) -> Vec<Change> {
        let mut inner = Self { old: self.old, new: self.new, changes: Vec::new(), open: self.open.clone() };
        inner.schemas(old, new, "");
        inner.changes
    }

    fn keywords(&mut self, old: &Value, new: &Value, path: &str) {
        let empty = Map::new();
        let (was, is) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
        let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
        for name in names {
            let known = ANNOTATIONS.contains(&name.as_str()) || STRUCTURE.contains(&name.as_str());
            let (was, is) = (was.get(name), is.get(name));
            if known || was == is {
                continue;
            }
            let show = |value: Option<&Value>| value.map_or("none".to_owned(), ToString::to_string);
            self.say(path, keyword(name, was, is), format!("{name} {} → {}", show(was), show(is)));
        }
    }
}

fn keyword(name: &str, was: Option<&Value>, is: Option<&Value>) -> Rule {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    let open = |value: Option<&Value>| value.is_none_or(|value| *value == true);
    match (was, is) {
        _ if name == "additionalProperties" && open(was) => Rule::BoundNarrowed,
        _ if name == "additionalProperties" && open(is) => Rule::BoundWidened,
        (None, Some(_)) => Rule::BoundNarrowed,
        (Some(_), None) => Rule::BoundWidened,
        _ if LOWER.contains(&name) && number(is) > number(was) => Rule::BoundNarrowed,
        _ if UPPER.contains(&name) && number(is) < number(was) => Rule::BoundNarrowed,
        _ if LOWER.contains(&name) || UPPER.contains(&name) => Rule::BoundWidened,
        _ => Rule::Incomparable,
    }
}

fn resolved<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let target = schema["$ref"].as_str().and_then(|target| root.pointer(target.trim_start_matches('#')));
    target.map_or(schema, |target| resolved(target, root))
}

fn map<'a>(schema: &'a Value, name: &str) -> Option<&'a Map<String, Value>> {
    schema.get(name)?.as_object()
}

fn required(schema: &Value) -> BTreeSet<&str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn types(schema: &Value) -> BTreeSet<&str> {
    match &schema["type"] {
        Value::String(one) => BTreeSet::from([one.as_str()]),
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

fn forms(schema: &Value) -> Vec<&Value> {
    ["oneOf", "anyOf"].iter().flat_map(|name| schema[*name].as_array().into_iter().flatten()).collect()
}

/// The closed list that a value is one of, however the schema writes it.
fn words(schema: &Value) -> Option<BTreeSet<String>> {
    if let Some(only) = schema.get("const") {
        return Some(BTreeSet::from([only.to_string()]));
    }
    if let Some(listed) = schema.get("enum") {
        return Some(listed.as_array()?.iter().map(ToString::to_string).collect());
    }
    let forms = schema.get("oneOf")?.as_array()?;
    let lists: Option<Vec<_>> = forms.iter().map(words).collect();
    lists.map(|lists| lists.into_iter().flatten().collect())
}

fn null_or(form: &Value, null: Rule, other: Rule) -> Rule {
    if form["type"] == "null" { null } else { other }
}

/// By its tag, where it has one.
fn form_name(form: &Value) -> String {
    let tag = map(form, "properties")
        .into_iter()
        .flatten()
        .find_map(|(name, schema)| schema.get("const").map(|word| format!("{name} {word}")));
    tag.unwrap_or_else(|| form["type"].as_str().unwrap_or("a form").to_owned())
}
