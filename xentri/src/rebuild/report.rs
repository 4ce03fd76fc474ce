//! What differs, shown: what is personal only to those who asked for it and said why.

use serde_json::{Value, json};
use xentri_workers::rebuild::{ColumnDifference, Difference, LastEvent, RowDifference, TableDifference};

const MASK: &str = "•••";

pub(super) struct Shown<'a> {
    pub(super) difference: &'a Difference,
    pub(super) personal: bool,
}

impl Shown<'_> {
    pub(super) fn as_value(&self) -> Value {
        let Difference { id, base, tables } = self.difference;
        let table = |table: &TableDifference| {
            json!({
                "table": table.name,
                "old_rows": table.old,
                "new_rows": table.new,
                "only_old": table.only_old,
                "only_new": table.only_new,
                "changed": table.changed,
                "columns": table.columns,
                "rows": table.rows.iter().map(|row| self.row(row)).collect::<Vec<_>>(),
            })
        };
        let tables: Vec<_> = tables.iter().map(table).collect();
        json!({ "differs": id.to_string(), "from": base.to_string(), "tables": tables })
    }

    fn row(&self, row: &RowDifference) -> Value {
        let column = |column: &ColumnDifference| {
            json!({
                "column": column.name, "old": self.value(column, column.old.as_ref()),
                "new": self.value(column, column.new.as_ref()),
            })
        };
        json!({
            "org_id": row.org.to_string(),
            "id": row.id.to_string(),
            "columns": row.columns.iter().map(column).collect::<Vec<_>>(),
            "last_events": row.events.iter().map(event).collect::<Vec<_>>(),
        })
    }

    pub(super) fn as_text(&self) -> String {
        let Difference { id, base, tables } = self.difference;
        let mut lines = vec![format!("{id} differs from {base}, which readers see:")];
        for table in tables {
            lines.push(format!(
                "  {}: {} rows instead of {}; {} are new, {} are gone, {} are not the same",
                table.name, table.new, table.old, table.only_new, table.only_old, table.changed
            ));
            lines.extend(
                table
                    .columns
                    .iter()
                    .filter(|(_, rows)| **rows > 0)
                    .map(|(column, rows)| format!("    {column}: not the same in {rows}")),
            );
            table.rows.iter().for_each(|row| lines.extend(self.row_lines(row)));
        }
        lines.join("\n")
    }

    fn row_lines(&self, row: &RowDifference) -> Vec<String> {
        let mut lines = vec![format!("    {} of org {}", row.id, row.org)];
        for column in &row.columns {
            let side = |side: Option<&Value>| {
                self.value(column, side).map_or_else(|| "no row".to_owned(), |value| value.to_string())
            };
            let (old, new) = (side(column.old.as_ref()), side(column.new.as_ref()));
            lines.push(format!("      {}: {old} is to be {new}", column.name));
        }
        for LastEvent { org_seq, type_name, recorded_at, .. } in &row.events {
            lines.push(format!("      last: event {org_seq}, {type_name}, {recorded_at}"));
        }
        lines
    }

    /// A null says no more than that there is nothing.
    fn value(&self, column: &ColumnDifference, value: Option<&Value>) -> Option<Value> {
        let masked = column.personal && !self.personal;
        value.map(|value| if masked && !value.is_null() { json!(MASK) } else { value.clone() })
    }
}

fn event(event: &LastEvent) -> Value {
    let LastEvent { org_seq, id, type_name, recorded_at } = event;
    json!({ "org_seq": org_seq, "id": id.to_string(), "type": type_name, "recorded_at": recorded_at })
}
