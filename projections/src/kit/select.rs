//! What readers ask of a table: always of one org, which stands in the statement although row-level security would see to
//! it, and always of the view of one version.

use std::marker::PhantomData;

use sqlx::QueryBuilder;
use sqlx::postgres::Postgres;
use uuid::Uuid;
use xentri_domain::kernel::Date;
use xentri_ledger::{DatabaseError, Moment, TenantTx};

use super::cell::Cell;
use super::page::{Direction, Order, OrderValue, Part, Place, RowPage, Wanted};
use super::row::Row;
use super::statements::columns_out;

/// After this character comes no other: what begins with a prefix lies below the prefix and it.
const LAST: char = char::MAX;

/// A statement in the making. Names of columns are those of the code, values are bound.
pub(crate) struct Select<R> {
    query: QueryBuilder<Postgres>,
    rows: PhantomData<R>,
}

impl<R: Row> Select<R> {
    /// All rows of the org in that version of the table.
    pub(crate) fn of(tx: &TenantTx, version: i32) -> Self {
        let (columns, table) = (columns_out::<R>(), R::TABLE);
        let mut query = QueryBuilder::new(format!(
            "select {columns} from read.{table}_v{version} kept where kept.org_id = "
        ));
        query.push_bind(tx.org().uuid());
        Self { query, rows: PhantomData }
    }

    /// For each of the ids that stand in `column`: its first rows in an order, one more than the limit.
    pub(crate) fn first_of_each<O: Order<R>>(
        tx: &TenantTx,
        version: i32,
        column: &'static str,
        ids: &[Uuid],
        order: O,
        limit: u16,
    ) -> Self {
        let (columns, table, by) = (columns_out::<R>(), R::TABLE, order.column());
        let mut query = QueryBuilder::new("select found.* from unnest(");
        query.push_bind(ids.to_vec());
        query.push(format_args!(
            "::uuid[]) wanted(id) cross join lateral (select {columns} from read.{table}_v{version} kept \
             where kept.{column} = wanted.id and kept.org_id = "
        ));
        query.push_bind(tx.org().uuid());
        query.push(format_args!(" order by kept.{by}, kept.id limit ")).push_bind(i64::from(limit) + 1);
        query.push(") found");
        Self { query, rows: PhantomData }
    }

    /// Of those, the ones with that value; all when it is none.
    pub(crate) fn equal<C: Cell>(mut self, column: &'static str, value: &C) -> Self {
        if let Some(raw) = value.raw() {
            self.query.push(format_args!(" and kept.{column} = ")).push_bind(raw).push(C::INTO);
        }
        self
    }

    /// Those from one value to another, both among them; a bound that is none is none.
    pub(crate) fn between<C: Cell>(mut self, column: &'static str, from: Option<&C>, to: Option<&C>) -> Self {
        for (bound, is) in [(from, ">="), (to, "<=")] {
            if let Some(raw) = bound.and_then(Cell::raw) {
                self.query.push(format_args!(" and kept.{column} {is} ")).push_bind(raw).push(C::INTO);
            }
        }
        self
    }

    /// Those for which that column is above zero.
    pub(crate) fn above_zero(mut self, column: &'static str) -> Self {
        self.query.push(format_args!(" and kept.{column} > 0"));
        self
    }

    pub(crate) fn among(mut self, column: &'static str, ids: &[Uuid]) -> Self {
        self.query.push(format_args!(" and kept.{column} = any(")).push_bind(ids.to_vec()).push(")");
        self
    }

    /// Those whose text begins so; all when it is empty. A range, because no operator for patterns may use an index beneath
    /// row-level security.
    pub(crate) fn begins_with(mut self, column: &'static str, prefix: &str) -> Self {
        if !prefix.is_empty() {
            self.query.push(format_args!(" and kept.{column} >= ")).push_bind(prefix.to_owned());
            self.query.push(format_args!(" and kept.{column} < ")).push_bind(format!("{prefix}{LAST}"));
        }
        self
    }

    pub(crate) async fn one_in_tx(mut self, tx: &mut TenantTx) -> Result<Option<R>, DatabaseError> {
        let row = self.query.build().fetch_optional(tx.connection()).await?;
        Ok(row.map(|row| R::read(&row)).transpose()?)
    }

    pub(crate) async fn all_in_tx(mut self, tx: &mut TenantTx) -> Result<Vec<R>, DatabaseError> {
        let rows = self.query.build().fetch_all(tx.connection()).await?;
        Ok(rows.iter().map(R::read).collect::<Result<_, _>>()?)
    }

    /// One range of the order's index: what stands before the place is not read.
    pub(crate) async fn page_in_tx<O: Order<R>>(
        self,
        tx: &mut TenantTx,
        wanted: &Wanted<O>,
    ) -> Result<RowPage<R>, DatabaseError> {
        let rows = self.page(wanted).all_in_tx(tx).await?;
        Ok(match wanted.part {
            Part::First { limit, .. } => RowPage::cut(rows, limit),
            Part::Last { limit, .. } => {
                let mut page = RowPage::cut(rows, limit);
                page.rows.reverse();
                page
            }
        })
    }

    /// From the end that is wanted, and one row more.
    fn page<O: Order<R>>(mut self, wanted: &Wanted<O>) -> Self {
        let (limit, place, backwards) = match &wanted.part {
            Part::First { limit, after } => (*limit, after, false),
            Part::Last { limit, before } => (*limit, before, true),
        };
        let descending = (wanted.direction == Direction::Descending) != backwards;
        let (beyond, towards) = if descending { ("<", "desc") } else { (">", "asc") };
        let column = wanted.order.column();
        if let Some(Place { value, id }) = place {
            self.query.push(format_args!(" and (kept.{column}, kept.id) {beyond} ("));
            match value {
                OrderValue::Moment(moment) => self.query.push_bind(Moment(*moment)),
                OrderValue::Day(day) => self.query.push_bind(day.raw()).push(Date::INTO),
                OrderValue::Text(text) => self.query.push_bind(text.clone()),
            };
            self.query.push(", ").push_bind(*id).push(")");
        }
        self.query.push(format_args!(" order by kept.{column} {towards}, kept.id {towards} limit "));
        self.query.push_bind(i64::from(limit) + 1);
        self
    }
}

#[cfg(test)]
impl<R: Row> Select<R> {
    /// The statement of a page.
    pub(crate) fn page_sql<O: Order<R>>(self, wanted: &Wanted<O>) -> String {
        self.page(wanted).sql()
    }

    pub(crate) fn sql(self) -> String {
        self.query.into_string()
    }
}
