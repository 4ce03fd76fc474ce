//! Rows in the binary format of COPY, parsed where they lie: one that the driver decodes costs several times as much.

use bytes::{Buf as _, Bytes};
use uuid::Uuid;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Signature, flags and the length of an extension that no Postgres sends.
const HEADER: usize = 19;
/// From 1970 to 2000, in microseconds.
const EPOCH: i64 = 946_684_800_000_000;

/// The row of a message, which has one at most: the header comes with the first, the end alone.
pub(crate) fn row(mut message: Bytes) -> Option<Bytes> {
    if message.starts_with(SIGNATURE) {
        message.advance(HEADER.min(message.len()));
    }
    let end = message.is_empty() || message.starts_with(&(-1_i16).to_be_bytes());
    (!end).then_some(message)
}

/// What is left of a row.
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// None for a row of another number of columns.
    pub(crate) fn of(row: &'a [u8], columns: i16) -> Option<Self> {
        let (count, rest) = row.split_first_chunk()?;
        (i16::from_be_bytes(*count) == columns).then_some(Self(rest))
    }

    /// None for a null, too.
    pub(crate) fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk()?;
        let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
        let (field, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }

    /// Passes over a field that is null; false where it is not.
    pub(crate) fn null(&mut self) -> bool {
        match self.0.split_first_chunk() {
            Some((length, rest)) if i32::from_be_bytes(*length) == -1 => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn big(&mut self) -> Option<i64> {
        self.next()?.try_into().ok().map(i64::from_be_bytes)
    }

    pub(crate) fn int(&mut self) -> Option<i32> {
        self.next()?.try_into().ok().map(i32::from_be_bytes)
    }

    /// Microseconds since 1970.
    pub(crate) fn moment(&mut self) -> Option<i64> {
        Some(self.big()?.saturating_add(EPOCH))
    }

    pub(crate) fn uuid(&mut self) -> Option<Uuid> {
        self.next()?.try_into().ok().map(Uuid::from_bytes)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        str::from_utf8(self.next()?).ok()
    }
}
