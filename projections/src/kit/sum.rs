//! Counts and sums over rows, kept as rows themselves: a page that shows one reads it instead of all that it sums up.

use std::fmt::Debug;

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgRow};
use uuid::Uuid;
use xentri_domain::kernel::{OrgId, StreamId};

use super::cell::CellValue;
use super::row::{Column, Row};

/// Its id is that of what it sums up, as `sum_id` makes it.
pub trait Sum: Row {
    /// The columns that are added up. The others say what of.
    const ADDED: &'static [&'static str];

    /// Adds the other's numbers, or takes them away.
    fn add(&mut self, other: &Self, times: i64);

    /// A sum of nothing is no row.
    fn is_nothing(&self) -> bool;
}

/// The id of a sum over what these words say, in its org.
pub(crate) fn sum_id(org: OrgId, table: &str, words: &[&str]) -> Uuid {
    StreamId::natural(org, table, &words.join("/")).uuid()
}

/// Which columns of a row are added up.
macro_rules! sums {
    ($name:ident: $($field:ident),+) => {
        impl $crate::kit::Sum for $name {
            const ADDED: &'static [&'static str] = &[$(stringify!($field)),+];

            fn add(&mut self, other: &Self, times: i64) {
                $(self.$field = self.$field.saturating_add(other.$field.saturating_mul(times));)+
            }

            fn is_nothing(&self) -> bool {
                $(self.$field == 0)&&+
            }
        }
    };
}
pub(crate) use sums;

/// For read models that sum up nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NoSum {}

impl Row for NoSum {
    const TABLE: &'static str = "";
    const COLUMNS: &'static [Column] = &[];

    fn org_id(&self) -> OrgId {
        match *self {}
    }

    fn id(&self) -> Uuid {
        match *self {}
    }

    fn bind(_rows: &[&Self], _arguments: &mut PgArguments) -> Result<(), BoxDynError> {
        Ok(())
    }

    fn read(_row: &PgRow) -> Result<Self, sqlx::Error> {
        Err(sqlx::Error::RowNotFound)
    }

    fn cells(&self, _show: &mut dyn FnMut(CellValue<'_>)) {
        match *self {}
    }
}

impl Sum for NoSum {
    const ADDED: &'static [&'static str] = &[];

    fn add(&mut self, _other: &Self, _times: i64) {
        match *self {}
    }

    fn is_nothing(&self) -> bool {
        match *self {}
    }
}
