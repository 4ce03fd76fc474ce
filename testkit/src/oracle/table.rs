//! The rows that a table has to have.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::event::Event;

/// By the values of its key, each as JSON.
pub(super) type KeyedRows = BTreeMap<Vec<String>, Map<String, Value>>;

pub(super) struct Table {
    /// Whose checkpoints tell how far it is.
    pub(super) projection: &'static str,
    pub(super) name: &'static str,
    /// The columns that tell its rows apart by what they mean.
    pub(super) key: &'static [&'static str],
    pub(super) rows: KeyedRows,
}

impl Table {
    /// A column that no row here has is one of which only its uniqueness means something: an id made of a sum's words.
    pub(super) fn new(
        projection: &'static str,
        name: &'static str,
        key: &'static [&'static str],
        rows: impl IntoIterator<Item = Value>,
    ) -> Self {
        let mut keyed = KeyedRows::new();
        for row in rows {
            let Value::Object(row) = row else { panic!("a row of {name} is no object: {row}") };
            let before = keyed.insert(key_of(key, &row), row);
            assert!(before.is_none(), "the oracle makes a row of {name} twice: {before:?}");
        }
        Self { projection, name, key, rows: keyed }
    }
}

pub(super) fn key_of(key: &[&str], row: &Map<String, Value>) -> Vec<String> {
    key.iter().map(|column| row.get(*column).unwrap_or(&Value::Null).to_string()).collect()
}

/// The rows of one type of stream, by org and stream.
#[derive(Default)]
pub(super) struct Rows(BTreeMap<(String, String), Value>);

impl Rows {
    /// A new row, with what every row has, and these columns besides.
    pub(super) fn begin(&mut self, event: &Event, columns: Value) {
        let mut row = json!({
            "org_id": event.org(),
            "id": event.stream_id(),
            "version": event.version(),
            "created_at": event.recorded_at,
            "updated_at": event.recorded_at,
        });
        set_all(&mut row, columns);
        let before = self.0.insert(event.stream(), row);
        assert!(before.is_none(), "event {} begins a stream that there is already", event.id());
    }

    /// The row of the event's stream, at the event's version.
    pub(super) fn change(&mut self, event: &Event) -> &mut Value {
        let row = self.0.get_mut(&event.stream());
        let row = row.unwrap_or_else(|| panic!("event {} is of a stream that never began", event.id()));
        row["version"] = event.version().clone();
        row["updated_at"] = json!(event.recorded_at);
        row
    }

    pub(super) fn end(&mut self, event: &Event) {
        self.0.remove(&event.stream());
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Value> {
        self.0.values()
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.0.values_mut()
    }

    pub(super) fn into_table(self, projection: &'static str, name: &'static str) -> Table {
        Table::new(projection, name, &["org_id", "id"], self.0.into_values())
    }
}

pub(super) fn set_all(row: &mut Value, columns: Value) {
    if let (Value::Object(row), Value::Object(columns)) = (row, columns) {
        row.extend(columns);
    }
}

/// Takes over those of the named fields that are there, null ones too.
pub(super) fn take_over(row: &mut Value, from: &Value, fields: &[&str]) {
    for field in fields {
        if let Some(value) = from.get(*field) {
            row[*field] = value.clone();
        }
    }
}

/// Rows that count and add up others, by what they have in common.
pub(super) struct Sums {
    /// What each has in common, and how much it comes to.
    groups: BTreeMap<Vec<String>, Value>,
}

impl Sums {
    pub(super) fn new() -> Self {
        Self { groups: BTreeMap::new() }
    }

    /// Adds amounts to the group that has these columns.
    pub(super) fn add(&mut self, columns: &Value, amounts: &[(&str, i64)]) {
        let key = columns.as_object().into_iter().flatten().map(|(_, value)| value.to_string()).collect();
        let group = self.groups.entry(key).or_insert_with(|| columns.clone());
        for (name, amount) in amounts {
            group[*name] = json!(group[*name].as_i64().unwrap_or(0) + amount);
        }
    }

    pub(super) fn into_table(
        self,
        projection: &'static str,
        name: &'static str,
        key: &'static [&'static str],
    ) -> Table {
        Table::new(projection, name, key, self.groups.into_values())
    }
}
