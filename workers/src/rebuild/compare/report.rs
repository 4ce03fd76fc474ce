//! What differs, for people and for programs. It holds values of rows: what is personal is shown to those only who ask for it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::kernel::Timestamp;
use xentri_ledger::Shard;

use super::tables::Counts;
use crate::runtime::MemberId;

const MASK: &str = "•••";

#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// What was made.
    pub id: MemberId,
    /// What readers see.
    pub base: MemberId,
    pub tables: Vec<TableDifference>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TableDifference {
    /// Without version and generation.
    pub name: &'static str,
    /// Rows of each.
    pub old: u64,
    pub new: u64,
    pub only_old: u64,
    pub only_new: u64,
    /// In both, and not the same.
    pub changed: u64,
    /// Of those, in how many a column differs; none where both are of the same version, whose rows say it.
    pub columns: BTreeMap<String, u64>,
    /// The first of them, where both are of the same version.
    pub rows: Vec<RowDifference>,
}

/// Without columns of old or new, where one has no such row.
#[derive(Debug, Clone, PartialEq)]
pub struct RowDifference {
    pub(super) shard: Shard,
    pub org: Uuid,
    pub id: Uuid,
    pub columns: Vec<ColumnDifference>,
    /// The last events of the stream that the row shows, the newest first; none where it shows no single stream.
    pub events: Vec<LastEvent>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ColumnDifference {
    pub name: String,
    /// Not for everybody to see.
    pub personal: bool,
    pub old: Option<Value>,
    pub new: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastEvent {
    pub org_seq: u64,
    pub id: Uuid,
    pub type_name: String,
    pub recorded_at: Timestamp,
}

impl Difference {
    pub(super) fn new(id: MemberId, base: MemberId) -> Self {
        Self { id, base, tables: Vec::new() }
    }

    /// Whether both have to be the same.
    pub fn is_of_one_version(&self) -> bool {
        self.id.version == self.base.version
    }

    /// For programs; masked, or with what is personal.
    pub fn as_value(&self, personal: bool) -> Value {
        let tables: Vec<_> = self.tables.iter().map(|table| table.as_value(personal)).collect();
        json!({ "differs": self.id.to_string(), "from": self.base.to_string(), "tables": tables })
    }
}

impl TableDifference {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            old: 0,
            new: 0,
            only_old: 0,
            only_new: 0,
            changed: 0,
            columns: BTreeMap::new(),
            rows: Vec::new(),
        }
    }

    pub fn is_none(&self) -> bool {
        self.only_old + self.only_new + self.changed == 0
    }

    pub(super) fn add(&mut self, counts: &Counts) {
        self.old += counts.old;
        self.new += counts.new;
        self.only_old += counts.only_old;
        self.only_new += counts.only_new;
        self.changed += counts.changed;
        for (name, rows) in &counts.columns {
            *self.columns.entry(name.clone()).or_default() += rows;
        }
    }

    fn as_value(&self, personal: bool) -> Value {
        json!({
            "table": self.name,
            "old_rows": self.old,
            "new_rows": self.new,
            "only_old": self.only_old,
            "only_new": self.only_new,
            "changed": self.changed,
            "columns": self.columns,
            "rows": self.rows.iter().map(|row| row.as_value(personal)).collect::<Vec<_>>(),
        })
    }
}

impl RowDifference {
    fn as_value(&self, personal: bool) -> Value {
        let column = |column: &ColumnDifference| {
            let [old, new] = [&column.old, &column.new].map(|side| column.shown(side.as_ref(), personal));
            json!({ "column": column.name, "old": old, "new": new })
        };
        json!({
            "org_id": self.org.to_string(),
            "id": self.id.to_string(),
            "columns": self.columns.iter().map(column).collect::<Vec<_>>(),
            "last_events": self.events.iter().map(LastEvent::as_value).collect::<Vec<_>>(),
        })
    }
}

impl ColumnDifference {
    /// One of its sides. A null says no more than that there is nothing.
    pub fn shown(&self, side: Option<&Value>, personal: bool) -> Option<Value> {
        let masked = self.personal && !personal;
        side.map(|value| if masked && !value.is_null() { json!(MASK) } else { value.clone() })
    }
}

impl LastEvent {
    fn as_value(&self) -> Value {
        let Self { org_seq, id, type_name, recorded_at } = self;
        json!({ "org_seq": org_seq, "id": id.to_string(), "type": type_name, "recorded_at": recorded_at })
    }
}
