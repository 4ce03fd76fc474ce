//! What was built, table by table.

use std::vec::IntoIter;

use super::cell::CellValue;
use super::row::{Column, Row, key};

/// Rows of one table in the order of org and id. Each is there until it is shown.
pub trait BuiltTable: Send {
    /// Without version and generation.
    fn name(&self) -> &'static str;

    fn columns(&self) -> &'static [Column];

    /// How many rows are left.
    fn rows(&self) -> usize;

    /// Shows the cells of the next row, in the order of the columns. False when none is left.
    fn next(&mut self, show: &mut dyn FnMut(CellValue<'_>)) -> bool;
}

pub(super) struct Table<R>(IntoIter<Box<R>>);

impl<R: Row> Table<R> {
    pub(super) fn of(mut rows: Vec<Box<R>>) -> Self {
        rows.sort_unstable_by_key(|row| key(&**row));
        Self(rows.into_iter())
    }
}

impl<R: Row> BuiltTable for Table<R> {
    fn name(&self) -> &'static str {
        R::TABLE
    }

    fn columns(&self) -> &'static [Column] {
        R::COLUMNS
    }

    fn rows(&self) -> usize {
        self.0.len()
    }

    fn next(&mut self, show: &mut dyn FnMut(CellValue<'_>)) -> bool {
        let row = self.0.next();
        row.inspect(|row| row.cells(show)).is_some()
    }
}
