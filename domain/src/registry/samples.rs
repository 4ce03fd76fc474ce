//! Values that a JSON Schema describes, made from nothing but the schema: every field filled, and each alternative
//! in one of them at least.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// A schema may contain itself; what is deeper than that is left out.
const DEEPEST: usize = 12;

/// A value, and the JSON pointers of what the schema marks as personal in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sample {
    pub(super) value: Value,
    pub(super) personal: BTreeSet<String>,
}

/// Samples of a schema whose references lead into `definitions`.
pub(super) struct Samples<'a> {
    pub(super) definitions: &'a Map<String, Value>,
}

impl Samples<'_> {
    pub(super) fn of(&self, schema: &Value) -> Vec<Sample> {
        self.at("", schema, 0)
    }

    fn at(&self, pointer: &str, schema: &Value, depth: usize) -> Vec<Sample> {
        if depth > DEEPEST {
            return Vec::new();
        }
        let mut samples = self.unmarked(pointer, schema, depth);
        if schema["x-personal"] == true {
            // The first form is the open one, which everybody who visits the field has to see.
            samples.truncate(1);
            for sample in &mut samples {
                sample.personal.insert(pointer.to_owned());
            }
        }
        samples
    }

    fn unmarked(&self, pointer: &str, schema: &Value, depth: usize) -> Vec<Sample> {
        let plain = |value: Value| vec![Sample { value, personal: BTreeSet::new() }];
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.strip_prefix("#/$defs/").expect("a reference to a definition");
            return self.at(pointer, &self.definitions[name], depth + 1);
        }
        let example = schema["examples"].get(0).or(schema.get("const")).or(schema["enum"].get(0));
        // Not of an object: its example may leave out what is personal.
        if let Some(example) = example.filter(|example| !example.is_object()) {
            return plain(example.clone());
        }
        let branches = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
        let mut samples: Vec<Sample> = match branches {
            Some(branches) => {
                branches.iter().flat_map(|branch| self.at(pointer, branch, depth + 1)).collect()
            }
            None => plain(Value::Null),
        };
        let kind = schema["type"].as_str().or(schema["type"].get(0).and_then(Value::as_str));
        match kind {
            Some("object") => samples = self.objects(pointer, schema, &samples, depth),
            Some("array") => {
                let items = self.at(&format!("{pointer}/0"), &schema["items"], depth + 1);
                samples = items.into_iter().map(Sample::in_array).collect();
            }
            Some("string") => samples = plain("x".into()),
            Some("integer" | "number") => samples = plain(schema.get("minimum").cloned().unwrap_or(1.into())),
            Some("boolean") => samples = plain(true.into()),
            _ => {}
        }
        samples
    }

    /// As many as the property with most alternatives has; those with fewer begin again. What a branch of the same
    /// schema brings, as in an enum that is tagged beside other fields, is there as well.
    fn objects(&self, pointer: &str, schema: &Value, branches: &[Sample], depth: usize) -> Vec<Sample> {
        // Its keys are anybody's, so nobody could say at which pointers to seal.
        let open_ended = schema["additionalProperties"].to_string();
        assert!(
            !open_ended.contains("x-personal"),
            "{pointer} is a map of personal values, which nobody can visit"
        );
        let none = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&none).iter().map(|(name, property)| {
            let word = name.replace('~', "~0").replace('/', "~1");
            (name, self.at(&format!("{pointer}/{word}"), property, depth + 1))
        });
        let properties: Vec<_> = properties.filter(|(_, samples)| !samples.is_empty()).collect();
        let most = properties.iter().map(|(_, samples)| samples.len()).chain([branches.len(), 1]).max();
        let nth = |n: usize| {
            let branch = branches.get(n % branches.len().max(1)).cloned().unwrap_or_default();
            let mut object = branch.value.as_object().cloned().unwrap_or_default();
            let mut personal = branch.personal;
            for (name, samples) in &properties {
                let sample = &samples[n % samples.len()];
                object.insert((*name).clone(), sample.value.clone());
                personal.extend(sample.personal.iter().cloned());
            }
            Sample { value: object.into(), personal }
        };
        (0..most.unwrap_or(1)).map(nth).collect()
    }
}

impl Sample {
    fn in_array(self) -> Self {
        Self { value: vec![self.value].into(), ..self }
    }
}
