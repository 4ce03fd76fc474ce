//! What a column can hold, and how the driver carries it.

use serde_json::Value;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgHasArrayType, Postgres};
use sqlx::{Decode, Encode, Type};
use uuid::Uuid;
use xentri_domain::kernel::{Date, OrgId, Timestamp, UserId};
use xentri_ledger::Moment;

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

    /// None is null.
    fn raw(&self) -> Option<Self::Raw>;

    fn of(raw: Option<Self::Raw>) -> Result<Self, BoxDynError>;
}

impl<T: Cell> Cell for Option<T> {
    type Raw = T::Raw;
    const ARRAY: &'static str = T::ARRAY;
    const INTO: &'static str = T::INTO;
    const OUT: &'static str = T::OUT;
    const NULLABLE: bool = true;

    fn raw(&self) -> Option<T::Raw> {
        self.as_ref().and_then(Cell::raw)
    }

    fn of(raw: Option<T::Raw>) -> Result<Self, BoxDynError> {
        raw.map(|raw| T::of(Some(raw))).transpose()
    }
}

/// JSON that is shown as it is and never searched.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(pub Value);

macro_rules! cells {
    ($($type:ty as $raw:ty, $array:literal $(into $into:literal out $out:literal)?: |$value:ident| $to:expr, |$held:ident| $from:expr;)+) => {$(
        impl Cell for $type {
            type Raw = $raw;
            const ARRAY: &'static str = $array;
            $(const INTO: &'static str = $into;
            const OUT: &'static str = $out;)?

            fn raw(&self) -> Option<$raw> {
                let $value = self;
                Some($to)
            }

            fn of(raw: Option<$raw>) -> Result<Self, BoxDynError> {
                let $held = raw.ok_or("a null where the column has none")?;
                Ok($from)
            }
        }
    )+};
}

cells! {
    Uuid as Uuid, "uuid[]": |value| *value, |held| held;
    OrgId as Uuid, "uuid[]": |value| value.uuid(), |held| OrgId::try_from(held)?;
    UserId as Uuid, "uuid[]": |value| value.uuid(), |held| UserId::try_from(held)?;
    bool as bool, "bool[]": |value| *value, |held| held;
    i32 as i32, "int[]": |value| *value, |held| held;
    i64 as i64, "bigint[]": |value| *value, |held| held;
    String as String, "text[]": |value| value.clone(), |held| held;
    Timestamp as Moment, "timestamptz[]": |value| Moment(*value), |held| held.0;
    Date as String, "text[]" into "::date" out "::text": |value| value.to_string(), |held| held.parse()?;
    Document as String, "text[]" into "::jsonb" out "::text":
        |value| value.0.to_string(), |held| Document(serde_json::from_str(&held)?);
}
