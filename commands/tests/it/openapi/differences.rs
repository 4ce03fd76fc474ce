//! What in a new document breaks those who rely on an old one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::compare::compare_within;
use super::rule::Promise;
use super::{operations, resolved};

pub(super) fn breaking(old: &Value, new: &Value) -> BTreeSet<String> {
    let mut found = Differences { old, new, broken: BTreeSet::new() };
    for (path, method, was) in operations(old) {
        let what = format!("{} {path}", method.to_uppercase());
        match new["paths"].get(path).and_then(|item| item.get(method)) {
            Some(is) => found.operation(&what, was, is),
            None => found.say(&what, "the operation is gone"),
        }
    }
    found.broken
}

struct Differences<'a> {
    old: &'a Value,
    new: &'a Value,
    broken: BTreeSet<String>,
}

impl<'a> Differences<'a> {
    fn say(&mut self, what: &str, how: &str) {
        self.broken.insert(format!("{what}: {how}"));
    }

    fn operation(&mut self, what: &str, was: &'a Value, is: &'a Value) {
        if was["operationId"] != is["operationId"] {
            self.say(what, "its operationId is another");
        }
        let open = |operation: &Value| operation["security"].as_array().is_some_and(Vec::is_empty);
        if open(was) && !open(is) {
            self.say(what, "it needs a token now");
        }
        self.parameters(what, was, is);
        self.request(what, &was["requestBody"], &is["requestBody"]);
        for (status, response) in was["responses"].as_object().into_iter().flatten() {
            let what = format!("{what}, {status}");
            match is["responses"].get(status) {
                Some(now) => self.response(&what, response, now),
                None if status.starts_with('2') => self.say(&what, "the answer is gone"),
                // An error that no longer occurs.
                None => {}
            }
        }
    }

    fn parameters(&mut self, what: &str, was: &'a Value, is: &'a Value) {
        let (was, is) = (parameters(was, self.old), parameters(is, self.new));
        let required = |parameter: &Value| parameter["required"] == true;
        for (name, parameter) in &is {
            if required(parameter) && !was.get(name).is_some_and(|was| required(was)) {
                self.say(what, &format!("the parameter {name} is required now"));
            }
        }
        for (name, parameter) in was {
            match is.get(&name) {
                Some(now) => {
                    let what = format!("{what}, parameter {name}");
                    self.schemas(&what, Promise::Command, &parameter["schema"], &now["schema"]);
                }
                None => self.say(what, &format!("the parameter {name} is gone")),
            }
        }
    }

    fn request(&mut self, what: &str, was: &'a Value, is: &'a Value) {
        if is["required"] == true && was["required"] != true {
            self.say(what, "a body is required now");
        }
        if !was.is_null() {
            self.content(&format!("{what}, body"), Promise::Command, &was["content"], &is["content"]);
        }
    }

    fn response(&mut self, what: &str, was: &'a Value, is: &'a Value) {
        let (was, is) = (resolved(was, self.old), resolved(is, self.new));
        for name in was["headers"].as_object().into_iter().flatten().map(|(name, _)| name) {
            if is["headers"].get(name).is_none() {
                self.say(what, &format!("the header {name} is gone"));
            }
        }
        self.content(what, Promise::Answer, &was["content"], &is["content"]);
    }

    fn content(&mut self, what: &str, promise: Promise, was: &'a Value, is: &'a Value) {
        for (media_type, was) in was.as_object().into_iter().flatten() {
            match is.get(media_type) {
                Some(is) => self.schemas(what, promise, &was["schema"], &is["schema"]),
                None => self.say(what, &format!("{media_type} is gone")),
            }
        }
    }

    fn schemas(&mut self, what: &str, promise: Promise, was: &Value, is: &Value) {
        for change in compare_within((was, self.old), (is, self.new)) {
            if change.rule.breaks(promise) {
                self.broken.insert(format!("{what} {change}"));
            }
        }
    }
}

/// By place and name.
fn parameters<'a>(operation: &'a Value, document: &'a Value) -> BTreeMap<String, &'a Value> {
    let listed = operation["parameters"].as_array().into_iter().flatten();
    let parameters = listed.map(|parameter| resolved(parameter, document));
    parameters.map(|one| (one["name"].as_str().unwrap().to_lowercase(), one)).collect()
}
