//! Lists in pages, as Relay has them: `first` and `after` from the beginning, `last` and `before` from the end.

use async_graphql::{Context, SimpleObject};
use xentri_projections::kit::{Direction, Order, Part, Row, RowPage, Wanted};

use super::cursor::Listing;
use super::error::ReadError;
use super::reader::Reader;

/// Of a list, where nothing else is said.
pub(super) const USUAL: u16 = 20;
pub(super) const MOST: u16 = 100;

/// Where a page stands in its list.
#[derive(Debug, Clone, Default, SimpleObject)]
#[graphql(serial)]
pub(in crate::graphql) struct PageInfo {
    /// Whether there is more behind it. Asked backwards, whether a cursor was given to end before.
    has_next_page: bool,
    /// Whether there is more before it. Asked forwards, whether a cursor was given to begin behind.
    has_previous_page: bool,
    /// Of the first row; null for a page without rows.
    start_cursor: Option<String>,
    /// Of the last row; null for a page without rows.
    end_cursor: Option<String>,
}

/// A row's place in its list.
pub(super) struct Edge<R> {
    pub(super) cursor: String,
    pub(super) row: R,
}

pub(super) struct Rows<R> {
    pub(super) edges: Vec<Edge<R>>,
    pub(super) page_info: PageInfo,
}

/// The four arguments of a list.
#[derive(Debug, Default, Clone)]
pub(super) struct Paging {
    pub(super) first: Option<i32>,
    pub(super) after: Option<String>,
    pub(super) last: Option<i32>,
    pub(super) before: Option<String>,
}

impl Paging {
    pub(super) fn forwards(first: Option<i32>, after: Option<String>) -> Self {
        Self { first, after, ..Self::default() }
    }

    /// From which end.
    pub(super) fn is_backwards(&self) -> Result<bool, ReadError> {
        let refuse = |why: &str| Err(ReadError::Argument(why.to_owned()));
        match self {
            Self { first: Some(_), last: Some(_), .. } => refuse("first and last exclude each other"),
            Self { after: Some(_), before: Some(_), .. } => refuse("after and before exclude each other"),
            Self { last: Some(_), after: Some(_), .. } => refuse("last goes with before"),
            Self { first: Some(_), before: Some(_), .. } => refuse("before goes with last"),
            _ => Ok(self.last.is_some() || self.before.is_some()),
        }
    }

    pub(super) fn limit(&self) -> Result<u16, ReadError> {
        limit(self.first.or(self.last))
    }

    pub(super) fn part(&self, listing: &Listing<'_>, reader: &Reader) -> Result<Part, ReadError> {
        let backwards = self.is_backwards()?;
        let limit = self.limit()?;
        let place =
            |cursor: Option<&String>| cursor.map(|cursor| listing.place(cursor, &reader.keys)).transpose();
        Ok(if backwards {
            Part::Last { limit, before: place(self.before.as_ref())? }
        } else {
            Part::First { limit, after: place(self.after.as_ref())? }
        })
    }

    pub(super) fn page_info(&self, has_more: bool, cursors: (Option<String>, Option<String>)) -> PageInfo {
        let backwards = self.last.is_some() || self.before.is_some();
        let (start_cursor, end_cursor) = cursors;
        PageInfo {
            has_next_page: if backwards { self.before.is_some() } else { has_more },
            has_previous_page: if backwards { has_more } else { self.after.is_some() },
            start_cursor,
            end_cursor,
        }
    }

    /// A page with a cursor for each row.
    pub(super) fn page<R>(
        &self,
        page: RowPage<R>,
        cursor: impl Fn(&R) -> Result<String, ReadError>,
    ) -> Result<Rows<R>, ReadError> {
        let edge = |row: R| Ok(Edge { cursor: cursor(&row)?, row });
        let edges = page.rows.into_iter().map(edge).collect::<Result<Vec<_>, ReadError>>()?;
        let at = |edge: Option<&Edge<R>>| edge.map(|edge| edge.cursor.clone());
        let cursors = (at(edges.first()), at(edges.last()));
        Ok(Rows { page_info: self.page_info(page.has_more, cursors), edges })
    }
}

/// How many rows are wanted at the most.
pub(super) fn limit(wanted: Option<i32>) -> Result<u16, ReadError> {
    let Some(wanted) = wanted else { return Ok(USUAL) };
    let fits = u16::try_from(wanted).ok().filter(|wanted| (1..=MOST).contains(wanted));
    fits.ok_or_else(|| ReadError::Argument(format!("a page has from 1 to {MOST} rows")))
}

/// In characters; longer than any name.
const SEARCH: usize = 200;

/// What names are to begin with.
pub(super) fn search(text: Option<String>) -> Result<Option<String>, ReadError> {
    match &text {
        Some(text) if text.chars().nth(SEARCH).is_some() => {
            Err(ReadError::Argument(format!("search has at most {SEARCH} characters")))
        }
        _ => Ok(text),
    }
}

/// As many rows as a list may bring, for the reckoning of what a query costs.
pub(super) fn rows(first: Option<i32>, last: Option<i32>) -> usize {
    let wanted = first.or(last).unwrap_or(USUAL.into());
    usize::try_from(wanted).unwrap_or(0)
}

/// What lists that have an order of rows have in common.
pub(super) struct List<'a, O> {
    pub(super) name: &'a str,
    pub(super) order: O,
    pub(super) direction: Direction,
    pub(super) paging: &'a Paging,
}

impl<O> List<'_, O> {
    pub(super) fn wanted<R: Row>(&self, reader: &Reader) -> Result<Wanted<O>, ReadError>
    where
        O: Order<R>,
    {
        let order = self.words::<R>();
        let part = self.paging.part(&self.listing(reader, &order), reader)?;
        Ok(Wanted { order: self.order, direction: self.direction, part })
    }

    pub(super) fn page<R: Row>(&self, page: RowPage<R>, reader: &Reader) -> Result<Rows<R>, ReadError>
    where
        O: Order<R>,
    {
        let order = self.words::<R>();
        let listing = self.listing(reader, &order);
        self.paging.page(page, |row| listing.cursor(self.order.place(row), &reader.keys))
    }

    fn words<R: Row>(&self) -> String
    where
        O: Order<R>,
    {
        let direction = match self.direction {
            Direction::Ascending => "ascending",
            Direction::Descending => "descending",
        };
        format!("{} {direction}", self.order.column())
    }

    fn listing<'b>(&'b self, reader: &Reader, order: &'b str) -> Listing<'b> {
        Listing { org: reader.org_id(), list: self.name, order }
    }
}

/// Whether the client wants to know how long the whole list is: that is a statement of its own.
pub(super) fn wants_total(ctx: &Context<'_>) -> bool {
    ctx.look_ahead().field("totalCount").exists()
}

/// The types of a list and its edges.
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ident) => {
        /// One page of a list.
        #[derive(async_graphql::SimpleObject)]
        #[graphql(serial)]
        pub(in crate::graphql) struct $connection {
            /// The rows, each with its place.
            edges: Vec<$crate::graphql::in_place::InPlace<$edge>>,
            /// Where the page stands in the list.
            page_info: $crate::graphql::connection::PageInfo,
            /// How many rows the whole list has: known without a filter or by state alone, else null.
            total_count: Option<i64>,
        }

        /// A row with its place in the list.
        #[derive(async_graphql::SimpleObject)]
        #[graphql(serial)]
        pub(in crate::graphql) struct $edge {
            /// To go on from here: opaque, and good in this list and order alone.
            cursor: String,
            /// The row.
            node: $crate::graphql::in_place::InPlace<$node>,
        }

        impl $connection {
            fn of<R>(
                rows: $crate::graphql::connection::Rows<R>,
                total_count: Option<i64>,
                node: impl Fn(R) -> $node,
            ) -> Self {
                use $crate::graphql::in_place::InPlace;
                let edge = |edge: $crate::graphql::connection::Edge<R>| {
                    InPlace($edge { cursor: edge.cursor, node: InPlace(node(edge.row)) })
                };
                let edges = rows.edges.into_iter().map(edge).collect();
                Self { edges, page_info: rows.page_info, total_count }
            }
        }
    };
}
pub(in crate::graphql) use connection;

/// Which way a list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, async_graphql::Enum)]
pub(in crate::graphql) enum OrderDirection {
    /// The smallest, the earliest, A before Z.
    Asc,
    /// The largest, the latest, Z before A.
    #[default]
    Desc,
}

impl From<OrderDirection> for Direction {
    fn from(direction: OrderDirection) -> Self {
        match direction {
            OrderDirection::Asc => Self::Ascending,
            OrderDirection::Desc => Self::Descending,
        }
    }
}
