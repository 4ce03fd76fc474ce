//! A read model as a pure fold.

use thiserror::Error;
use uuid::Uuid;

use super::event::LedgerEvent;
use super::row::Row;
use super::sum::Sum;

/// Rows made of events alone: no clock, no other table, nothing from outside. So a rebuild makes the same rows, in whatever
/// batches the events come.
pub trait Projection: Send + Sync + 'static {
    /// In lower snake case; its tables begin with their own names.
    const NAME: &'static str;
    /// Raised with every change of the fold or of a table: both versions are then there side by side.
    const VERSION: i32;
    /// The types of stream whose events touch rows, all where it names none: a rebuild reads no others.
    const STREAMS: &'static [&'static str] = &[];
    /// Every row is made by one event and touched by no other: a rebuild need not keep it in mind.
    const ONCE: bool = false;

    type Row: Row;
    /// What a page shows of all rows together; [`super::NoSum`] where it shows nothing.
    type Sum: Sum;

    /// The rows that the event touches, each by its id; none when it is passed over.
    fn keys(event: &LedgerEvent) -> Vec<Uuid>;

    /// The row as the event leaves it; none when there is none any more.
    fn fold(key: Uuid, row: Option<Self::Row>, event: &LedgerEvent) -> Result<Option<Self::Row>, FoldError>;

    /// Whether what becomes of its rows does not depend on what they were: then they are not read back before they are written.
    /// It spares nothing where there are sums, which have to know.
    fn makes_anew(_event: &LedgerEvent) -> bool {
        false
    }

    /// What the row adds to which sums. A change takes away what it added before.
    fn sums(_row: &Self::Row) -> Vec<Self::Sum> {
        Vec::new()
    }
}

/// The event does not fit the row. It is parked, with those of its key that come after it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FoldError {
    #[error("there is no row yet for it to change")]
    NoRow,
    #[error("{0} does not fit into its column")]
    OutOfRange(&'static str),
    /// A mistake in the fold. What it said is in the log.
    #[error("the fold panicked")]
    Panicked,
}
