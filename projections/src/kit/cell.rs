//! What a column can hold, and how the driver carries it.

use compact_str::CompactString;
use serde_json::Value;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgHasArrayType, Postgres};
use sqlx::{Decode, Encode, Type};
use uuid::Uuid;
use xentri_domain::kernel::{Date, OrgId, Timestamp, UserId};
use xentri_ledger::Moment;

/// What a column holds, whatever carries it: for a COPY, a file, a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellType {
    Uuid,
    Bool,
    Int,
    Bigint,
    Text,
    Moment,
    Date,
    Json,
}

/// A value of a row, as its row has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CellValue<'a> {
    Null,
    Uuid(Uuid),
    Bool(bool),
    Int(i32),
    Bigint(i64),
    Text(&'a str),
    Moment(Timestamp),
    Date(Date),
    Json(&'a Value),
}

/// A value of a row. Values of many rows go to Postgres as one array.
pub trait Cell: Sized {
    type Raw: for<'a> Encode<'a, Postgres>
        + for<'a> Decode<'a, Postgres>
        + Type<Postgres>
        + PgHasArrayType
        + Send;

    /// The array's type in a statement.
    const ARRAY: &'static str;
    /// Casts from the array's elements to the column, and back.
    const INTO: &'static str = "";
    const OUT: &'static str = "";
    const NULLABLE: bool = false;
    const TYPE: CellType;

    /// None is null.
    fn raw(&self) -> Option<Self::Raw>;

    fn of(raw: Option<Self::Raw>) -> Result<Self, BoxDynError>;

    fn value(&self) -> CellValue<'_>;

    /// Bytes that it holds beside its own, roughly.
    fn heap(&self) -> usize {
        0
    }
}

impl<T: Cell> Cell for Option<T> {
    type Raw = T::Raw;
    const ARRAY: &'static str = T::ARRAY;
    const INTO: &'static str = T::INTO;
    const OUT: &'static str = T::OUT;
    const NULLABLE: bool = true;
    const TYPE: CellType = T::TYPE;

    fn raw(&self) -> Option<T::Raw> {
        self.as_ref().and_then(Cell::raw)
    }

    fn of(raw: Option<T::Raw>) -> Result<Self, BoxDynError> {
        raw.map(|raw| T::of(Some(raw))).transpose()
    }

    fn value(&self) -> CellValue<'_> {
        self.as_ref().map_or(CellValue::Null, Cell::value)
    }

    fn heap(&self) -> usize {
        self.as_ref().map_or(0, Cell::heap)
    }
}

/// JSON that is shown as it is and never searched.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(pub Value);

/// What the allocator takes for itself, and rounds up to.
const ALLOCATION: usize = 16;

fn text_heap(text: &str) -> usize {
    if text.is_empty() { 0 } else { text.len() + ALLOCATION }
}

fn json_heap(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text_heap(text),
        Value::Array(values) => {
            values.iter().map(|value| size_of::<Value>() + json_heap(value)).sum::<usize>() + ALLOCATION
        }
        // A tree of nodes that are half full, each with room for eleven.
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| 2 * size_of::<(String, Value)>() + text_heap(name) + json_heap(value))
            .sum(),
    }
}

macro_rules! cells {
    ($($type:ty as $raw:ty, $array:literal $(into $into:literal out $out:literal)?, $of:ident:
        |$value:ident| $to:expr, |$held:ident| $from:expr, |$cell:ident| $shown:expr $(, heap $heap:expr)?;)+) => {$(
        impl Cell for $type {
            type Raw = $raw;
            const ARRAY: &'static str = $array;
            $(const INTO: &'static str = $into;
            const OUT: &'static str = $out;)?
            const TYPE: CellType = CellType::$of;

            fn raw(&self) -> Option<$raw> {
                let $value = self;
                Some($to)
            }

            fn of(raw: Option<$raw>) -> Result<Self, BoxDynError> {
                let $held = raw.ok_or("a null where the column has none")?;
                Ok($from)
            }

            fn value(&self) -> CellValue<'_> {
                let $cell = self;
                CellValue::$of($shown)
            }

            $(fn heap(&self) -> usize {
                let heap: fn(&Self) -> usize = $heap;
                heap(self)
            })?
        }
    )+};
}

cells! {
    Uuid as Uuid, "uuid[]", Uuid: |value| *value, |held| held, |cell| *cell;
    OrgId as Uuid, "uuid[]", Uuid: |value| value.uuid(), |held| OrgId::try_from(held)?, |cell| cell.uuid();
    UserId as Uuid, "uuid[]", Uuid: |value| value.uuid(), |held| UserId::try_from(held)?, |cell| cell.uuid();
    bool as bool, "bool[]", Bool: |value| *value, |held| held, |cell| *cell;
    i32 as i32, "int[]", Int: |value| *value, |held| held, |cell| *cell;
    i64 as i64, "bigint[]", Bigint: |value| *value, |held| held, |cell| *cell;
    String as String, "text[]", Text: |value| value.clone(), |held| held, |cell| cell, heap |text| text_heap(text);
    CompactString as String, "text[]", Text: |value| value.to_string(), |held| held.into(), |cell| cell,
        heap |text| if text.is_heap_allocated() { text_heap(text) } else { 0 };
    Timestamp as Moment, "timestamptz[]", Moment: |value| Moment(*value), |held| held.0, |cell| *cell;
    Date as String, "text[]" into "::date" out "::text", Date:
        |value| value.to_string(), |held| held.parse()?, |cell| *cell;
    Document as String, "text[]" into "::jsonb" out "::text", Json:
        |value| value.0.to_string(), |held| Document(serde_json::from_str(&held)?), |cell| &cell.0,
        heap |document| json_heap(&document.0);
}
