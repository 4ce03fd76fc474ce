//! Moments as Postgres sends them: microseconds since the year 2000.

use sqlx::encode::IsNull;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef, Postgres};
use sqlx::{Decode, Encode, Type, TypeInfo, error::BoxDynError};
use xentri_domain::kernel::Timestamp;

/// From 1970 to 2000, in microseconds.
const EPOCH: i64 = 946_684_800_000_000;

/// A `timestamptz` column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

impl Type<Postgres> for Moment {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("timestamptz")
    }

    fn compatible(info: &PgTypeInfo) -> bool {
        info.name().eq_ignore_ascii_case("timestamptz")
    }
}

impl PgHasArrayType for Moment {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("_timestamptz")
    }
}

impl<'r> Decode<'r, Postgres> for Moment {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        if value.format() != PgValueFormat::Binary {
            return Err("a moment is read in the binary format".into());
        }
        let since_2000 = i64::from_be_bytes(value.as_bytes()?.try_into()?);
        let micros = since_2000.checked_add(EPOCH).ok_or("a moment beyond all time")?;
        Ok(Self(Timestamp::from_micros(micros)?))
    }
}

impl Encode<'_, Postgres> for Moment {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend(&(self.0.as_micros() - EPOCH).to_be_bytes());
        Ok(IsNull::No)
    }
}
