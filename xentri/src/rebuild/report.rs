//! What differs, for people: what is personal only for those who asked for it and said why.

use serde_json::Value;
use xentri_workers::rebuild::{Difference, LastEvent, RowDifference};

pub(super) struct Shown<'a> {
    pub(super) difference: &'a Difference,
    pub(super) personal: bool,
}

impl Shown<'_> {
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
                column
                    .shown(side, self.personal)
                    .map_or_else(|| "no row".to_owned(), |value| value.to_string())
            };
            let (old, new) = (side(column.old.as_ref()), side(column.new.as_ref()));
            lines.push(format!("      {}: {old} is to be {new}", column.name));
        }
        for LastEvent { org_seq, type_name, recorded_at, .. } in &row.events {
            lines.push(format!("      last: event {org_seq}, {type_name}, {recorded_at}"));
        }
        lines
    }
}
