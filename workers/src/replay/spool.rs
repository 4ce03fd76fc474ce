//! Rows that wait on the disk, in the order of their keys, while others are made.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Result, Seek as _, Write as _};

use super::cells::encode;
use xentri_projections::kit::BuiltTable;

/// Of org and id, as they stand at the beginning of every row.
pub(super) type Key = [u8; 32];

/// The rows of one table that were made together. The file has no name, and is gone with the value.
pub(super) struct Run {
    rows: BufReader<File>,
    left: usize,
    next: Option<(Key, Vec<u8>)>,
}

impl Run {
    pub(super) fn of(table: &mut dyn BuiltTable) -> Result<Self> {
        let mut file = BufWriter::new(tempfile::tempfile()?);
        let (mut row, mut rows) = (Vec::new(), 0);
        while table.next(&mut |cell| encode(cell, &mut row)) {
            file.write_all(&u32::try_from(row.len()).unwrap_or(u32::MAX).to_le_bytes())?;
            file.write_all(&row)?;
            row.clear();
            rows += 1;
        }
        let mut file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.rewind()?;
        let mut run = Self { rows: BufReader::new(file), left: rows, next: None };
        run.go_on()?;
        Ok(run)
    }

    pub(super) fn key(&self) -> Option<&Key> {
        self.next.as_ref().map(|(key, _)| key)
    }

    pub(super) fn take(&mut self) -> Result<Option<Vec<u8>>> {
        let taken = self.next.take();
        self.go_on()?;
        Ok(taken.map(|(_, row)| row))
    }

    fn go_on(&mut self) -> Result<()> {
        if self.left == 0 {
            return Ok(());
        }
        self.left -= 1;
        let mut length = [0; 4];
        self.rows.read_exact(&mut length)?;
        let mut row = vec![0; u32::from_le_bytes(length) as usize];
        self.rows.read_exact(&mut row)?;
        self.next = Some((key(&row), row));
        Ok(())
    }
}

/// Each id is a byte for its type and sixteen for itself.
fn key(row: &[u8]) -> Key {
    let mut key = [0; 32];
    let ids = row.iter().take(34).enumerate().filter(|(place, _)| place % 17 != 0);
    key.iter_mut().zip(ids).for_each(|(byte, (_, of_row))| *byte = *of_row);
    key
}
