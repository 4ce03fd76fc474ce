//! Which part of a list a reader wants, and what the reader gets of it.

use uuid::Uuid;
use xentri_domain::kernel::{Date, Timestamp};

/// A column by which rows are listed; those that are equal in it are in the order of their ids. It is never null, and an
/// index has it, with the org before it and the id behind it.
pub trait Order<R>: Copy + Send + Sync {
    fn column(self) -> &'static str;

    fn value(self, row: &R) -> OrderValue;

    /// Where the row stands, for a cursor.
    fn place(self, row: &R) -> Place
    where
        R: super::Row,
    {
        Place { value: self.value(row), id: row.id() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderValue {
    Moment(Timestamp),
    Day(Date),
    Text(String),
}

/// A place in an order. It means nothing in another order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub value: OrderValue,
    pub id: Uuid,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    #[default]
    Ascending,
    Descending,
}

/// From which end, and how many at the most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    First { limit: u16, after: Option<Place> },
    Last { limit: u16, before: Option<Place> },
}

/// A part of a list in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted<O> {
    pub order: O,
    pub direction: Direction,
    pub part: Part,
}

/// Rows in the order that was wanted, from whichever end they were taken.
#[derive(Debug, Clone, PartialEq)]
pub struct RowPage<R> {
    pub rows: Vec<R>,
    /// Behind the last of the first rows, or before the first of the last ones.
    pub has_more: bool,
}

impl<R> RowPage<R> {
    /// Of rows that were asked for with one more than the limit.
    pub(crate) fn cut(mut rows: Vec<R>, limit: u16) -> Self {
        let has_more = rows.len() > usize::from(limit);
        rows.truncate(limit.into());
        Self { rows, has_more }
    }
}
