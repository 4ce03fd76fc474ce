//! Rows of events in the binary format of COPY, parsed where they lie: a row that the driver decodes costs more than
//! hashing it.

use bytes::{Buf as _, Bytes};
use uuid::Uuid;

use crate::database::DatabaseError;
use crate::verify::row::EventRow;

/// What a query has to select, in this order.
pub(super) const COLUMNS: &str = "position, org_seq, recorded_at, shard, epoch, version, org_id, id, stream_id, \
     stream_type, type, hash, body";
const COUNT: i16 = 13;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Signature, flags and the length of an extension that no Postgres sends.
const HEADER: usize = 19;
/// From 1970 to 2000, in microseconds.
const EPOCH: i64 = 946_684_800_000_000;

/// The row of a message, which has one at most: the header comes with the first, the end alone.
pub(super) fn row(mut message: Bytes) -> Option<Bytes> {
    if message.starts_with(SIGNATURE) {
        message.advance(HEADER.min(message.len()));
    }
    let end = message.is_empty() || message.starts_with(&(-1_i16).to_be_bytes());
    (!end).then_some(message)
}

pub(super) fn parse(row: &[u8]) -> Result<EventRow<'_>, DatabaseError> {
    fields(row).ok_or_else(|| DatabaseError::Failed {
        code: "none".to_owned(),
        message: "a row of table event can't be read: its columns are not those of this release".to_owned(),
    })
}

fn fields(row: &[u8]) -> Option<EventRow<'_>> {
    let (count, rest) = row.split_first_chunk()?;
    let mut fields = Fields(rest);
    if i16::from_be_bytes(*count) != COUNT {
        return None;
    }
    Some(EventRow {
        position: fields.big()?,
        org_seq: fields.big()?,
        recorded_at: fields.big()?.saturating_add(EPOCH),
        shard: fields.int()?,
        epoch: fields.int()?,
        version: fields.int()?,
        org_id: fields.uuid()?,
        id: fields.uuid()?,
        stream_id: fields.uuid()?,
        stream_type: fields.text()?,
        type_name: fields.text()?,
        hash: fields.next()?,
        body: fields.text()?,
    })
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// None for a null, too: no column has any.
    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk()?;
        let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
        let (field, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }

    fn big(&mut self) -> Option<i64> {
        self.next()?.try_into().ok().map(i64::from_be_bytes)
    }

    fn int(&mut self) -> Option<i32> {
        self.next()?.try_into().ok().map(i32::from_be_bytes)
    }

    fn uuid(&mut self) -> Option<Uuid> {
        self.next()?.try_into().ok().map(Uuid::from_bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        str::from_utf8(self.next()?).ok()
    }
}
