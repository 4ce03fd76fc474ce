//! Rows as lines of JSON: moments and numbers as everywhere else on the wire, JSON as it is.

use std::io::Write as _;

use serde_json::Value;
use xentri_projections::kit::{CellValue, Column};

use super::rows::{Rows, Sink};

pub(super) struct JsonLines {
    columns: &'static [Column],
    into: Sink,
    line: String,
    /// The column that comes next.
    next: usize,
}

impl JsonLines {
    pub(super) fn new(columns: &'static [Column], into: Sink) -> Self {
        Self { columns, into, line: String::new(), next: 0 }
    }
}

impl Rows for JsonLines {
    fn cell(&mut self, value: CellValue<'_>) {
        let Some(column) = self.columns.get(self.next) else { return };
        self.line.push(if self.next == 0 { '{' } else { ',' });
        // Names of columns have nothing that would need escaping.
        self.line.extend(["\"", column.name, "\":"]);
        self.line += &match value {
            CellValue::Json(value) => value.to_string(),
            CellValue::Text(text) => Value::from(text).to_string(),
            other => json(other).to_string(),
        };
        self.next += 1;
    }

    fn end_row(&mut self) -> anyhow::Result<()> {
        self.line += "}\n";
        self.into.write_all(self.line.as_bytes())?;
        self.line.clear();
        self.next = 0;
        Ok(())
    }

    fn finish(self: Box<Self>) -> anyhow::Result<Sink> {
        Ok(self.into)
    }
}

fn json(value: CellValue<'_>) -> Value {
    match value {
        CellValue::Null => Value::Null,
        CellValue::Uuid(id) => id.to_string().into(),
        CellValue::Bool(value) => value.into(),
        CellValue::Int(value) => value.into(),
        CellValue::Bigint(value) => value.into(),
        CellValue::Text(text) => text.into(),
        CellValue::Moment(moment) => moment.to_string().into(),
        CellValue::Date(day) => day.to_string().into(),
        CellValue::Json(value) => value.clone(),
    }
}
