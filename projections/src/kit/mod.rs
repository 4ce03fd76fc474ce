//! What read models are made of: the fold of an event into rows, the rows' tables, the sums over rows, how a batch of
//! events is applied to all of them, and how an org's rows are read. Not here: which read models there are
//! (`crate::read_models`), and when a batch comes (`workers`).

mod apply;
mod build;
mod built;
mod cell;
mod event;
mod fold;
mod page;
mod part;
mod person;
mod projection;
mod row;
mod select;
mod statements;
mod store;
mod sum;
mod text;

#[cfg(test)]
mod tests;

pub use apply::{ApplyError, Model, ReadModel};
pub use build::{Build, Made, Took};
pub use built::BuiltTable;
pub use cell::{Cell, CellType, CellValue, Document};
pub use event::LedgerEvent;
pub use fold::Held;
pub use page::{Direction, Order, OrderValue, Part, Place, RowPage, Wanted};
pub use part::KeyPart;
pub(crate) use person::{forgotten_streams, shown};
pub use projection::{FoldError, Projection};
pub use row::{Column, Row};
pub(crate) use row::{is_one_of, row};
pub(crate) use select::Select;
pub(crate) use statements::columns_out;
pub use sum::{NoSum, Sum};
pub(crate) use sum::{sum_id, sums};
pub(crate) use text::lower_case;
