//! What differs, for people and for programs. It holds values of rows: whoever shows it masks what is personal.

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;
use xentri_domain::kernel::Timestamp;
use xentri_ledger::Shard;

use super::tables::Counts;
use crate::runtime::MemberId;

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
}
