//! Rows as a Parquet file: typed columns, and the same bytes for the same rows, whenever and wherever it is written.

use std::sync::Arc;

use anyhow::Context as _;
use parquet::basic::Compression;
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use xentri_domain::kernel::Date;
use xentri_projections::kit::{CellType, CellValue, Column};

use super::rows::{About, Rows, Sink, may_be_null};

/// Rows that are kept until they are written together: readers take or leave a group as a whole.
const GROUP: usize = 32 * 1024;

/// What the file says of its maker. No version: another release of ours writes the same bytes.
const MADE_BY: &str = "xentri";

pub(super) struct ParquetFile {
    file: SerializedFileWriter<Sink>,
    columns: Vec<Waiting>,
    /// The column that comes next.
    next: usize,
    rows: usize,
}

/// The values of a column that are to be written.
struct Waiting {
    /// Without nulls.
    values: Values,
    /// For each row 1, or 0 where it has no value; none for a column that always has one.
    present: Option<Vec<i16>>,
}

enum Values {
    Ids(Vec<FixedLenByteArray>),
    Bools(Vec<bool>),
    Ints(Vec<i32>),
    Longs(Vec<i64>),
    Texts(Vec<ByteArray>),
}

impl ParquetFile {
    pub(super) fn new(
        table: &str,
        columns: &'static [Column],
        about: About,
        into: Sink,
    ) -> anyhow::Result<Self> {
        let schema = parse_message_type(&schema(table, columns)).context("the columns make no schema")?;
        let about = about.into_iter().map(|(name, value)| KeyValue::new(format!("xentri.{name}"), value));
        let properties = WriterProperties::builder()
            .set_created_by(MADE_BY.to_owned())
            .set_compression(Compression::SNAPPY)
            .set_key_value_metadata(Some(about.collect()))
            .build();
        let file = SerializedFileWriter::new(into, Arc::new(schema), Arc::new(properties))?;
        Ok(Self { file, columns: columns.iter().map(Waiting::of).collect(), next: 0, rows: 0 })
    }

    fn write_group(&mut self) -> anyhow::Result<()> {
        let mut group = self.file.next_row_group()?;
        for waiting in &mut self.columns {
            let mut column = group.next_column()?.context("the schema lacks a column")?;
            waiting.write(&mut column)?;
            column.close()?;
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }
}

impl Rows for ParquetFile {
    fn cell(&mut self, value: CellValue<'_>) {
        if let Some(column) = self.columns.get_mut(self.next) {
            column.push(value);
        }
        self.next += 1;
    }

    fn end_row(&mut self) -> anyhow::Result<()> {
        self.next = 0;
        self.rows += 1;
        if self.rows == GROUP { self.write_group() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> anyhow::Result<Sink> {
        if self.rows > 0 {
            self.write_group()?;
        }
        Ok(self.file.into_inner()?)
    }
}

/// As Parquet writes its schemas.
fn schema(table: &str, columns: &[Column]) -> String {
    let field = |column: &Column| {
        let is = if may_be_null(column) { "optional" } else { "required" };
        let (kind, means) = match column.of {
            CellType::Uuid => ("fixed_len_byte_array(16)", " (UUID)"),
            CellType::Bool => ("boolean", ""),
            CellType::Int => ("int32", ""),
            CellType::Bigint => ("int64", ""),
            CellType::Text => ("binary", " (STRING)"),
            CellType::Moment => ("int64", " (TIMESTAMP(MICROS,true))"),
            CellType::Date => ("int32", " (DATE)"),
            CellType::Json => ("binary", " (JSON)"),
        };
        format!("  {is} {kind} {}{means};\n", column.name)
    };
    format!("message {table} {{\n{}}}", columns.iter().map(field).collect::<String>())
}

impl Waiting {
    fn of(column: &Column) -> Self {
        let values = match column.of {
            CellType::Uuid => Values::Ids(Vec::new()),
            CellType::Bool => Values::Bools(Vec::new()),
            CellType::Int | CellType::Date => Values::Ints(Vec::new()),
            CellType::Bigint | CellType::Moment => Values::Longs(Vec::new()),
            CellType::Text | CellType::Json => Values::Texts(Vec::new()),
        };
        Self { values, present: may_be_null(column).then(Vec::new) }
    }

    fn push(&mut self, value: CellValue<'_>) {
        if let Some(present) = &mut self.present {
            present.push((value != CellValue::Null).into());
        }
        match (&mut self.values, value) {
            (Values::Ids(ids), CellValue::Uuid(id)) => ids.push(id.as_bytes().to_vec().into()),
            (Values::Bools(bools), CellValue::Bool(value)) => bools.push(value),
            (Values::Ints(ints), CellValue::Int(value)) => ints.push(value),
            (Values::Ints(ints), CellValue::Date(day)) => ints.push(days(day)),
            (Values::Longs(longs), CellValue::Bigint(value)) => longs.push(value),
            (Values::Longs(longs), CellValue::Moment(moment)) => longs.push(moment.as_micros()),
            (Values::Texts(texts), CellValue::Text(text)) => texts.push(text.into()),
            (Values::Texts(texts), CellValue::Json(value)) => {
                texts.push(value.to_string().into_bytes().into());
            }
            // A row has what its columns say: nothing but null is left. The writer refuses a column that lacks a value.
            _ => {}
        }
    }

    /// Leaves nothing waiting.
    fn write(&mut self, column: &mut SerializedColumnWriter<'_>) -> anyhow::Result<()> {
        let present = self.present.as_deref();
        match &mut self.values {
            Values::Ids(ids) => {
                column.typed::<FixedLenByteArrayType>().write_batch(ids, present, None)?;
                ids.clear();
            }
            Values::Bools(bools) => {
                column.typed::<BoolType>().write_batch(bools, present, None)?;
                bools.clear();
            }
            Values::Ints(ints) => {
                column.typed::<Int32Type>().write_batch(ints, present, None)?;
                ints.clear();
            }
            Values::Longs(longs) => {
                column.typed::<Int64Type>().write_batch(longs, present, None)?;
                longs.clear();
            }
            Values::Texts(texts) => {
                column.typed::<ByteArrayType>().write_batch(texts, present, None)?;
                texts.clear();
            }
        }
        if let Some(present) = &mut self.present {
            present.clear();
        }
        Ok(())
    }
}

/// Since 1970.
fn days(day: Date) -> i32 {
    Date::new(1970, 1, 1).map_or(0, |first| day.days_since(first))
}
