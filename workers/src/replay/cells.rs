//! Cells as bytes on the disk, for as long as one file is being made.

use serde_json::Value;
use uuid::Uuid;
use xentri_domain::kernel::{Date, Timestamp};
use xentri_projections::kit::CellValue;

const NULL: u8 = 0;
const UUID: u8 = 1;
const BOOL: u8 = 2;
const INT: u8 = 3;
const BIGINT: u8 = 4;
const TEXT: u8 = 5;
const MOMENT: u8 = 6;
const DATE: u8 = 7;
const JSON: u8 = 8;

/// Puts the cell behind what is there.
pub(super) fn encode(cell: CellValue<'_>, row: &mut Vec<u8>) {
    match cell {
        CellValue::Null => row.push(NULL),
        CellValue::Uuid(id) => put(row, UUID, id.as_bytes()),
        CellValue::Bool(value) => put(row, BOOL, &[value.into()]),
        CellValue::Int(value) => put(row, INT, &value.to_le_bytes()),
        CellValue::Bigint(value) => put(row, BIGINT, &value.to_le_bytes()),
        CellValue::Moment(moment) => put(row, MOMENT, &moment.as_micros().to_le_bytes()),
        CellValue::Text(text) => put_long(row, TEXT, text),
        CellValue::Date(day) => put_long(row, DATE, &day.to_string()),
        CellValue::Json(value) => put_long(row, JSON, &value.to_string()),
    }
}

fn put(row: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    row.push(kind);
    row.extend(bytes);
}

fn put_long(row: &mut Vec<u8>, kind: u8, text: &str) {
    put(row, kind, &u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
    row.extend(text.as_bytes());
}

/// Shows every cell of a row. None where it is none of ours.
pub(super) fn decode(mut row: &[u8], show: &mut dyn FnMut(CellValue<'_>)) -> Option<()> {
    while let Some((kind, rest)) = row.split_first() {
        let (bytes, rest) = split(*kind, rest)?;
        let text = || std::str::from_utf8(bytes).ok();
        match *kind {
            NULL => show(CellValue::Null),
            UUID => show(CellValue::Uuid(Uuid::from_slice(bytes).ok()?)),
            BOOL => show(CellValue::Bool(bytes.first()? == &1)),
            INT => show(CellValue::Int(i32::from_le_bytes(bytes.try_into().ok()?))),
            BIGINT => show(CellValue::Bigint(i64::from_le_bytes(bytes.try_into().ok()?))),
            MOMENT => {
                let micros = i64::from_le_bytes(bytes.try_into().ok()?);
                show(CellValue::Moment(Timestamp::from_micros(micros).ok()?));
            }
            TEXT => show(CellValue::Text(text()?)),
            DATE => show(CellValue::Date(Date::parse(text()?).ok()?)),
            _ => show(CellValue::Json(&serde_json::from_slice::<Value>(bytes).ok()?)),
        }
        row = rest;
    }
    Some(())
}

/// A cell's own bytes, and what comes after it.
fn split(kind: u8, rest: &[u8]) -> Option<(&[u8], &[u8])> {
    match kind {
        NULL => Some((&[], rest)),
        BOOL => rest.split_at_checked(1),
        INT => rest.split_at_checked(4),
        BIGINT | MOMENT => rest.split_at_checked(8),
        UUID => rest.split_at_checked(16),
        TEXT | DATE | JSON => {
            let (length, rest) = rest.split_first_chunk()?;
            rest.split_at_checked(u32::from_le_bytes(*length) as usize)
        }
        _ => None,
    }
}

/// Adds the numbers of another row of the same key in these columns: what the others say is the same in both, so each number stands
/// at the same place. Whether anything is left of it.
pub(super) fn add(sum: &mut [u8], other: &[u8], columns: &[usize]) -> Option<bool> {
    let (mut at, mut column, mut left) = (0, 0, false);
    while let Some((kind, rest)) = other.get(at..)?.split_first() {
        let (bytes, after) = split(*kind, rest)?;
        if columns.contains(&column) {
            let place = sum.get_mut(at + 1..at + 9)?;
            let total = i64::from_le_bytes((&*place).try_into().ok()?)
                .saturating_add(i64::from_le_bytes(bytes.try_into().ok()?));
            place.copy_from_slice(&total.to_le_bytes());
            left |= total != 0;
        }
        (at, column) = (other.len() - after.len(), column + 1);
    }
    Some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(row: &[u8]) -> Option<Vec<String>> {
        let mut cells = Vec::new();
        decode(row, &mut |cell| cells.push(format!("{cell:?}")))?;
        Some(cells)
    }

    #[test]
    fn every_kind_of_cell_comes_back_as_it_was() {
        let json = serde_json::json!({ "a": [1, "ß", null] });
        let cells = [
            CellValue::Null,
            CellValue::Uuid(Uuid::from_u128(7)),
            CellValue::Bool(true),
            CellValue::Bool(false),
            CellValue::Int(i32::MIN),
            CellValue::Bigint(i64::MAX),
            CellValue::Text(""),
            CellValue::Text("Ægir \0 \"数学\""),
            CellValue::Moment(Timestamp::MAX),
            CellValue::Date(Date::new(2026, 3, 31).unwrap()),
            CellValue::Json(&json),
            CellValue::Null,
        ];
        let mut row = Vec::new();
        for cell in cells {
            encode(cell, &mut row);
        }
        let expected: Vec<_> = cells.iter().map(|cell| format!("{cell:?}")).collect();
        assert_eq!(shown(&row), Some(expected));
        for short in 1..row.len() - 1 {
            // Cut between two cells it is a shorter row, anywhere else none.
            assert!(shown(&row[..short]).is_none_or(|cells| cells.len() < 12));
        }
    }

    #[test]
    fn sums_of_one_key_are_added_up_where_they_stand() {
        let sum = |leads, amount| {
            let mut row = Vec::new();
            let cells = [
                CellValue::Uuid(Uuid::from_u128(1)),
                CellValue::Text("won"),
                CellValue::Null,
                CellValue::Bigint(leads),
                CellValue::Moment(Timestamp::MIN),
                CellValue::Bigint(amount),
            ];
            for cell in cells {
                encode(cell, &mut row);
            }
            row
        };
        let mut all = sum(2, 500);
        assert_eq!(add(&mut all, &sum(3, -700), &[3, 5]), Some(true));
        assert_eq!(all, sum(5, -200));
        assert_eq!(add(&mut all, &sum(-5, 200), &[3, 5]), Some(false));
        assert_eq!(all, sum(0, 0));
    }
}
