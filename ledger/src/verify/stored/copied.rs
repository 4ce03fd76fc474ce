//! Events as they are verified, in the binary format of COPY.

use crate::database::DatabaseError;
use crate::database::copied::Fields;
use crate::verify::row::EventRow;

/// What a query has to select, in this order.
pub(super) const COLUMNS: &str = "position, org_seq, recorded_at, shard, epoch, version, org_id, id, stream_id, \
     stream_type, type, hash, body";
const COUNT: i16 = 13;

pub(super) fn parse(row: &[u8]) -> Result<EventRow<'_>, DatabaseError> {
    fields(row).ok_or_else(|| DatabaseError::Failed {
        code: "none".to_owned(),
        message: "a row of table event can't be read: its columns are not those of this release".to_owned(),
    })
}

/// No column has a null.
fn fields(row: &[u8]) -> Option<EventRow<'_>> {
    let mut fields = Fields::of(row, COUNT)?;
    Some(EventRow {
        position: fields.big()?,
        org_seq: fields.big()?,
        recorded_at: fields.moment()?,
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
