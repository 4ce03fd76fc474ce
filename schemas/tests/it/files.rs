//! The folders of this crate, and generated files in them. The tests of other crates, which generate from it, use this file too.

use std::path::PathBuf;
use std::{env, fs};

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schemas")
}

pub(crate) fn read(path: &str) -> Option<String> {
    fs::read_to_string(root().join(path)).ok()
}

pub(crate) fn read_json(path: &str) -> Option<Value> {
    read(path).map(|text| serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}")))
}

/// The names of a folder's files with that extension, without it, in order.
pub(crate) fn names(folder: &str, extension: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return Vec::new() };
    let mut names: Vec<_> = entries
        .filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_suffix(extension)?.to_owned()))
        .collect();
    names.sort();
    names
}

pub(crate) fn write(path: &str, text: &str) {
    let path = root().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// What `make schemas` and `make freeze` set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Check,
    Write,
    Freeze,
}

pub(crate) fn mode() -> Mode {
    match env::var("XENTRI_SCHEMAS").as_deref() {
        Ok("write") => Mode::Write,
        Ok("freeze") => Mode::Freeze,
        _ => Mode::Check,
    }
}

/// Generated files: written, or compared with those that are there.
#[derive(Default)]
pub(crate) struct Generated {
    differences: Vec<String>,
}

impl Generated {
    pub(crate) fn put(&mut self, path: &str, text: &str) {
        if read(path).as_deref() == Some(text) {
            return;
        }
        if mode() == Mode::Write {
            println!("{}{}", if read(path).is_some() { "changed " } else { "new     " }, shown(path));
            write(path, text);
        } else {
            self.differences.push(format!("  {}{}", shown(path), first_difference(path, text)));
        }
    }

    /// Nothing else is in the folder.
    pub(crate) fn only(&mut self, folder: &str, extension: &str, wanted: &[String]) {
        for name in names(folder, extension).into_iter().filter(|name| !wanted.contains(name)) {
            let path = format!("{folder}/{name}{extension}");
            if mode() == Mode::Write {
                println!("removed schemas/{path}");
                fs::remove_file(root().join(path)).unwrap();
            } else {
                self.differences.push(format!("  schemas/{path}: nothing makes it any more"));
            }
        }
    }

    pub(crate) fn finish(self) {
        assert!(
            self.differences.is_empty(),
            "\n\nGenerated files differ from the types they are made from:\n{}\n\nRun `make schemas` and look at what changed.\n",
            self.differences.join("\n"),
        );
    }
}

/// From the repository's root on.
fn shown(path: &str) -> String {
    path.strip_prefix("../").map_or_else(|| format!("schemas/{path}"), str::to_owned)
}

fn first_difference(path: &str, wanted: &str) -> String {
    let Some(there) = read(path) else { return ": missing".into() };
    let line = there.lines().zip(wanted.lines()).position(|(there, wanted)| there != wanted);
    let line = line.unwrap_or_else(|| there.lines().count().min(wanted.lines().count()));
    let show = |text: &str| text.lines().nth(line).unwrap_or("(the end)").trim().to_owned();
    format!(", line {}:\n    is      {}\n    becomes {}", line + 1, show(&there), show(wanted))
}

/// A schema, in an order that depends on nothing but the content.
pub(crate) fn pretty(schema: &Value) -> String {
    ordered(schema, Keys::Keywords)
}

/// Data, with the fields by their names.
pub(crate) fn pretty_data(data: &Value) -> String {
    ordered(data, Keys::Data)
}

fn ordered(value: &Value, keys: Keys) -> String {
    serde_json::to_string_pretty(&Ordered { value, keys }).unwrap() + "\n"
}

/// Those of a schema, and of the document about topics, in the order in which one reads it; all other keys by their names.
const FIRST: &[&str] = &[
    "asyncapi",
    "info",
    "defaultContentType",
    "servers",
    "channels",
    "operations",
    "components",
    "$schema",
    "$id",
    "$ref",
    "title",
    "description",
    "x-personal",
    "type",
    "const",
    "enum",
    "format",
    "oneOf",
    "anyOf",
    "allOf",
    "properties",
    "required",
    "additionalProperties",
];
const LAST: &[&str] = &["examples", "$defs"];

#[derive(Clone, Copy, PartialEq)]
enum Keys {
    Keywords,
    /// Each with a schema.
    Names,
    Data,
}

struct Ordered<'a> {
    value: &'a Value,
    keys: Keys,
}

impl Ordered<'_> {
    fn rank(&self, key: &str) -> usize {
        let at = |list: &[&str]| list.iter().position(|keyword| *keyword == key);
        match (at(FIRST), at(LAST)) {
            (Some(rank), _) if self.keys == Keys::Keywords => rank,
            (_, Some(rank)) if self.keys == Keys::Keywords => FIRST.len() + 1 + rank,
            _ => FIRST.len(),
        }
    }

    fn below(&self, key: &str) -> Keys {
        match (self.keys, key) {
            (Keys::Data, _) | (Keys::Keywords, "examples" | "const" | "enum" | "default") => Keys::Data,
            (Keys::Keywords, "properties" | "$defs") => Keys::Names,
            _ => Keys::Keywords,
        }
    }
}

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Object(fields) => {
                let mut keys: Vec<_> = fields.keys().collect();
                keys.sort_by_key(|key| (self.rank(key), *key));
                let mut map = serializer.serialize_map(Some(keys.len()))?;
                for key in keys {
                    map.serialize_entry(key, &Ordered { value: &fields[key], keys: self.below(key) })?;
                }
                map.end()
            }
            Value::Array(items) => {
                serializer.collect_seq(items.iter().map(|value| Ordered { value, keys: self.keys }))
            }
            other => other.serialize(serializer),
        }
    }
}
