//! A table that was made: in memory, or in runs on the disk that are read side by side.

use xentri_projections::kit::{BuiltTable, CellValue, Column};

use super::cells::{add, decode};
use super::error::ReplayError;
use super::spool::Run;

/// Rows in the order of org and id. Each is there until it is shown.
pub struct MadeTable {
    name: &'static str,
    columns: &'static [Column],
    rows: Rows,
}

enum Rows {
    Built(Box<dyn BuiltTable>),
    Runs {
        runs: Vec<Run>,
        /// The columns of sums that are added up: of a key there may be one in each run. Empty for rows, of which there is one.
        added: Vec<usize>,
    },
}

impl MadeTable {
    pub(super) fn built(table: Box<dyn BuiltTable>) -> Self {
        Self { name: table.name(), columns: table.columns(), rows: Rows::Built(table) }
    }

    /// Of one table.
    pub(super) fn spooled(
        name: &'static str,
        columns: &'static [Column],
        runs: Vec<Run>,
        added: &[&str],
    ) -> Self {
        let places = columns.iter().enumerate().filter(|(_, column)| added.contains(&column.name));
        let added = places.map(|(place, _)| place).collect();
        Self { name, columns, rows: Rows::Runs { runs, added } }
    }

    /// Without version and generation.
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn columns(&self) -> &'static [Column] {
        self.columns
    }

    /// Shows the cells of the next row, in the order of the columns. False when none is left.
    pub fn next(&mut self, show: &mut dyn FnMut(CellValue<'_>)) -> Result<bool, ReplayError> {
        match &mut self.rows {
            Rows::Built(table) => Ok(table.next(show)),
            Rows::Runs { runs, added } => match next(runs, added)? {
                Some(row) => decode(&row, show).map(|()| true).ok_or(ReplayError::Spool),
                None => Ok(false),
            },
        }
    }
}

fn next(runs: &mut [Run], added: &[usize]) -> Result<Option<Vec<u8>>, ReplayError> {
    loop {
        let Some(key) = runs.iter().filter_map(Run::key).min().copied() else { return Ok(None) };
        let mut all: Option<Vec<u8>> = None;
        let mut left = true;
        for run in runs.iter_mut().filter(|run| run.key() == Some(&key)) {
            let Some(row) = run.take()? else { continue };
            match &mut all {
                None => all = Some(row),
                Some(sum) => left = add(sum, &row, added).ok_or(ReplayError::Spool)?,
            }
        }
        // A sum of nothing is no row.
        if left {
            return Ok(all);
        }
    }
}
