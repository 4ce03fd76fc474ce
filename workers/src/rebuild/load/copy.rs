//! Rows on their way into a table, in the binary format of COPY: nothing is parsed on the other side, and nothing indexed.

use sqlx::postgres::PgConnection;
use xentri_domain::kernel::{Date, Timestamp};
use xentri_projections::kit::{BuiltTable, CellValue};

use super::super::RebuildError;

/// Sent at once.
const CHUNK: usize = 256 * 1024;
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: i16 = -1;
/// From 1970 to 2000, in microseconds.
const EPOCH: i64 = 946_684_800_000_000;

/// Takes all that is left of the rows; says how many.
pub(super) async fn copy_in_tx(
    connection: &mut PgConnection,
    table: &str,
    rows: &mut dyn BuiltTable,
) -> Result<u64, RebuildError> {
    let names: Vec<_> = rows.columns().iter().map(|column| column.name).collect();
    let count = i16::try_from(names.len()).unwrap_or(i16::MAX);
    let statement = format!("copy {table} ({}) from stdin (format binary)", names.join(", "));
    let mut copy = connection.copy_in_raw(&statement).await?;
    let mut chunk = HEADER.to_vec();
    loop {
        let begin = chunk.len();
        chunk.extend_from_slice(&count.to_be_bytes());
        if !rows.next(&mut |cell| put(&mut chunk, cell)) {
            chunk.truncate(begin);
            break;
        }
        if chunk.len() >= CHUNK {
            copy.send(chunk.as_slice()).await?;
            chunk.clear();
        }
    }
    chunk.extend_from_slice(&END.to_be_bytes());
    copy.send(chunk.as_slice()).await?;
    Ok(copy.finish().await?)
}

fn put(out: &mut Vec<u8>, cell: CellValue<'_>) {
    match cell {
        CellValue::Null => out.extend_from_slice(&(-1_i32).to_be_bytes()),
        CellValue::Uuid(id) => field(out, id.as_bytes()),
        CellValue::Bool(value) => field(out, &[u8::from(value)]),
        CellValue::Int(number) => field(out, &number.to_be_bytes()),
        CellValue::Bigint(number) => field(out, &number.to_be_bytes()),
        CellValue::Text(text) => field(out, text.as_bytes()),
        CellValue::Moment(moment) => field(out, &since_2000(moment).to_be_bytes()),
        CellValue::Date(date) => field(out, &days_since_2000(date).to_be_bytes()),
        CellValue::Json(value) => {
            // Version 1, and then the text.
            let text = value.to_string();
            length(out, text.len() + 1);
            out.push(1);
            out.extend_from_slice(text.as_bytes());
        }
    }
}

fn field(out: &mut Vec<u8>, bytes: &[u8]) {
    length(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// No field is as long as that.
fn length(out: &mut Vec<u8>, bytes: usize) {
    out.extend_from_slice(&i32::try_from(bytes).unwrap_or(i32::MAX).to_be_bytes());
}

fn since_2000(moment: Timestamp) -> i64 {
    moment.as_micros() - EPOCH
}

fn days_since_2000(date: Date) -> i32 {
    Date::new(2000, 1, 1).map_or(0, |first| date.days_since(first))
}
