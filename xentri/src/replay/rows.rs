//! A table on its way into a file.

use std::fs::File;
use std::io::BufWriter;

use anyhow::Context as _;
use xentri_projections::kit::{CellValue, Column};
use xentri_workers::replay::MadeTable;

use super::jsonl::JsonLines;
use super::options::Format;
use super::parquet::ParquetFile;

/// What a table is about, which a file may have room for.
pub(super) type About = Vec<(&'static str, String)>;

pub(super) type Sink = BufWriter<File>;

/// A file that takes rows cell by cell, in the order of the columns.
pub(super) trait Rows {
    fn cell(&mut self, value: CellValue<'_>);

    fn end_row(&mut self) -> anyhow::Result<()>;

    fn finish(self: Box<Self>) -> anyhow::Result<Sink>;
}

/// Writes all rows that are left, and says how many. What is personal is null unless it is shown.
pub(super) fn write(
    table: &mut MadeTable,
    format: Format,
    shown: bool,
    about: About,
    into: Sink,
) -> anyhow::Result<(Sink, u64)> {
    let columns = table.columns();
    let mut rows: Box<dyn Rows> = match format {
        Format::Jsonl => Box::new(JsonLines::new(columns, into)),
        Format::Parquet => Box::new(ParquetFile::new(table.name(), columns, about, into)?),
    };
    let mut written = 0;
    loop {
        let mut masked = columns.iter().map(|column| column.personal && !shown);
        let mut cell = |value: CellValue<'_>| {
            rows.cell(if masked.next() == Some(true) { CellValue::Null } else { value });
        };
        let there = table.next(&mut cell)?;
        if !there {
            return Ok((rows.finish().context("the file can't be finished")?, written));
        }
        rows.end_row().context("a row can't be written")?;
        written += 1;
    }
}

/// Whether a file may have no value there. What is personal may have none in any, so that all have the same columns.
pub(super) fn may_be_null(column: &Column) -> bool {
    column.nullable || column.personal
}
