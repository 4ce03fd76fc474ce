//! A row of a read model, column by column.

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgRow};
use uuid::Uuid;
use xentri_domain::kernel::OrgId;

use super::cell::{CellType, CellValue};

/// Declared with `row!`, beside the folder's `table.sql`; a test compares the two.
pub trait Row: Clone + PartialEq + std::fmt::Debug + Send + Sync + 'static {
    /// Without version and generation.
    const TABLE: &'static str;
    const COLUMNS: &'static [Column];
    /// The columns that tell of a person.
    const PERSONAL: &'static [&'static str] = &[];

    fn org_id(&self) -> OrgId;

    /// In its org.
    fn id(&self) -> Uuid;

    /// One array for each column.
    fn bind(rows: &[&Self], arguments: &mut PgArguments) -> Result<(), BoxDynError>;

    /// Of its columns, in their order; what comes behind them is not looked at.
    fn read(row: &PgRow) -> Result<Self, sqlx::Error>;

    /// Shows the value of every column, in their order.
    fn cells(&self, show: &mut dyn FnMut(CellValue<'_>));

    /// Bytes that it holds beside its own, roughly.
    fn heap(&self) -> usize {
        0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub of: CellType,
    /// The type of an array of it.
    pub array: &'static str,
    /// Casts from an element of the array, and to what is read.
    pub into: &'static str,
    pub out: &'static str,
    pub nullable: bool,
    /// Tells of a person: shown only to whoever may read that.
    pub personal: bool,
}

/// For the list of columns, which is made by the compiler.
pub(crate) const fn is_one_of(name: &str, names: &[&str]) -> bool {
    let mut at = 0;
    while at < names.len() {
        if is(name.as_bytes(), names[at].as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

const fn is(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// What a row is found by.
pub(super) fn key(row: &impl Row) -> (OrgId, Uuid) {
    (row.org_id(), row.id())
}

/// The struct of a row and how it is bound and read. Every row has `org_id` and `id`, which is its key. Columns that tell of a
/// person are listed before all.
macro_rules! row {
    ($(#[$meta:meta])* $seen:vis struct $name:ident in $table:literal $(personal $($personal:ident),+)? {
        $($(#[$of_field:meta])* $seen_field:vis $field:ident: $type:ty,)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        $seen struct $name {
            $($(#[$of_field])* $seen_field $field: $type,)+
        }

        impl $crate::kit::Row for $name {
            const TABLE: &'static str = $table;
            const PERSONAL: &'static [&'static str] = &[$($(stringify!($personal)),+)?];
            const COLUMNS: &'static [$crate::kit::Column] = &[$($crate::kit::Column {
                name: stringify!($field),
                of: <$type as $crate::kit::Cell>::TYPE,
                array: <$type as $crate::kit::Cell>::ARRAY,
                into: <$type as $crate::kit::Cell>::INTO,
                out: <$type as $crate::kit::Cell>::OUT,
                nullable: <$type as $crate::kit::Cell>::NULLABLE,
                personal: $crate::kit::is_one_of(stringify!($field), Self::PERSONAL),
            },)+];

            fn org_id(&self) -> xentri_domain::kernel::OrgId {
                self.org_id
            }

            fn id(&self) -> uuid::Uuid {
                self.id
            }

            fn bind(
                rows: &[&Self],
                arguments: &mut sqlx::postgres::PgArguments,
            ) -> Result<(), sqlx::error::BoxDynError> {
                use sqlx::Arguments as _;
                $(
                    let column: Vec<_> =
                        rows.iter().map(|row| $crate::kit::Cell::raw(&row.$field)).collect();
                    arguments.add(column)?;
                )+
                Ok(())
            }

            fn read(row: &sqlx::postgres::PgRow) -> Result<Self, sqlx::Error> {
                use sqlx::Row as _;
                let mut places = 0..;
                Ok(Self {
                    $($field: <$type as $crate::kit::Cell>::of(row.try_get(places.next().unwrap_or(usize::MAX))?)
                        .map_err(|source| sqlx::Error::ColumnDecode {
                            index: stringify!($field).to_owned(),
                            source,
                        })?,)+
                })
            }

            fn cells(&self, show: &mut dyn FnMut($crate::kit::CellValue<'_>)) {
                $(show($crate::kit::Cell::value(&self.$field));)+
            }

            fn heap(&self) -> usize {
                0 $(+ $crate::kit::Cell::heap(&self.$field))+
            }
        }
    };
}
pub(crate) use row;
