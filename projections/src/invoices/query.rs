//! What readers ask of invoices, and which ones the job that marks them asks for.

use std::collections::BTreeMap;

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;
use xentri_domain::kernel::{Date, OrgId, StreamId};
use xentri_ledger::{DatabaseError, TenantTx, WorkerTx};

use super::sums::{DUE, MONTH, STATE};
use super::{InvoiceRow, InvoiceSumRow, Invoices, last_day};
use crate::kit::{Cell as _, Order, OrderValue, Projection as _, Row, RowPage, Select, Wanted};

/// Which invoices; each field that is none leaves them all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvoiceFilter {
    /// As in the row: `overdue` is none.
    pub state: Option<String>,
    pub overdue: Option<bool>,
    /// The person.
    pub customer: Option<Uuid>,
    pub lead: Option<Uuid>,
    pub currency: Option<String>,
    /// Both days among them. What is not issued is due on no day.
    pub due_from: Option<Date>,
    pub due_to: Option<Date>,
    /// What the customer's name begins with, in any case. It tells of persons, so it is for those who may read them.
    pub search: Option<String>,
}

/// Beside these, filters by state, customer and lead have an index in the order of creation, and what is overdue has one in
/// the order of due dates. For other pairs, all that the filter finds is sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InvoiceOrder {
    #[default]
    CreatedAt,
    /// Those that are not issued come after all others.
    DueOn,
    Customer,
}

impl Order<InvoiceRow> for InvoiceOrder {
    fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::DueOn => "due_order",
            Self::Customer => "search",
        }
    }

    fn value(self, row: &InvoiceRow) -> OrderValue {
        match self {
            Self::CreatedAt => OrderValue::Moment(row.created_at),
            Self::DueOn => OrderValue::Day(row.due_order),
            Self::Customer => OrderValue::Text(row.search.to_string()),
        }
    }
}

pub async fn invoice_in_tx(tx: &mut TenantTx, id: Uuid) -> Result<Option<InvoiceRow>, DatabaseError> {
    Select::of(tx, Invoices::VERSION).equal("id", &id).one_in_tx(tx).await
}

/// By its number as it is written.
pub async fn invoice_by_number_in_tx(
    tx: &mut TenantTx,
    number: &str,
) -> Result<Option<InvoiceRow>, DatabaseError> {
    Select::of(tx, Invoices::VERSION).equal("number", &number.to_owned()).one_in_tx(tx).await
}

/// Those of them that there are, in no order: one statement for whatever many rows refer to.
pub async fn invoices_by_id_in_tx(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<InvoiceRow>, DatabaseError> {
    Select::of(tx, Invoices::VERSION).among("id", ids).all_in_tx(tx).await
}

pub async fn invoices_in_tx(
    tx: &mut TenantTx,
    filter: &InvoiceFilter,
    wanted: &Wanted<InvoiceOrder>,
) -> Result<RowPage<InvoiceRow>, DatabaseError> {
    filtered(tx, filter).page_in_tx(tx, wanted).await
}

pub(super) fn filtered(tx: &TenantTx, filter: &InvoiceFilter) -> Select<InvoiceRow> {
    let prefix = filter.search.as_ref().map(|search| search.trim_start().to_lowercase());
    let (from, to) = due_between(filter);
    let select = Select::of(tx, Invoices::VERSION)
        .equal("state", &filter.state)
        .equal("overdue", &filter.overdue)
        .equal("customer_id", &filter.customer)
        .equal("lead_id", &filter.lead)
        .equal("currency", &filter.currency)
        .between("due_order", from.as_ref(), to.as_ref())
        .begins_with("search", &prefix.unwrap_or_default());
    // Always so of an overdue one. Said for the index, which has only those.
    if filter.overdue == Some(true) { select.above_zero("open") } else { select }
}

/// What is not issued stands on the last of all days, and a bound on either side leaves it out.
fn due_between(filter: &InvoiceFilter) -> (Option<Date>, Option<Date>) {
    let (from, to) = (filter.due_from, filter.due_to);
    if from.is_none() && to.is_none() {
        return (None, None);
    }
    let before_last = last_day().ok().and_then(|day| day.plus_days(-1).ok());
    (from, to.or(before_last).min(before_last))
}

/// How many invoices there are, or how many in that state, with the mark or without.
pub async fn invoice_count_in_tx(
    tx: &mut TenantTx,
    state: Option<&str>,
    overdue: Option<bool>,
) -> Result<i64, DatabaseError> {
    let state = state.map(ToOwned::to_owned);
    let sums = sums(tx, STATE).equal("state", &state).equal("overdue", &overdue).all_in_tx(tx).await?;
    Ok(sums.iter().map(|sum: &InvoiceSumRow| sum.invoices).sum())
}

/// Invoices and what is open of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Debt {
    pub invoices: i64,
    pub amount: i64,
}

/// What is owed in one currency, in its minor units, as of a day. Overdue are those whose due date is before it, whether they
/// are marked or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receivables {
    pub currency: String,
    /// Overdue or not.
    pub open: Debt,
    pub overdue: Debt,
    /// The overdue ones by how many days ago they were due: up to 30, 60, 90, and longer.
    pub up_to_30: Debt,
    pub up_to_60: Debt,
    pub up_to_90: Debt,
    pub over_90: Debt,
}

impl Debt {
    fn add(&mut self, sum: &InvoiceSumRow) {
        self.invoices = self.invoices.saturating_add(sum.invoices);
        self.amount = self.amount.saturating_add(sum.open);
    }
}

impl Receivables {
    pub(super) fn add(&mut self, sum: &InvoiceSumRow, days: i32) {
        self.open.add(sum);
        if days <= 0 {
            return;
        }
        self.overdue.add(sum);
        match days {
            ..=30 => self.up_to_30.add(sum),
            31..=60 => self.up_to_60.add(sum),
            61..=90 => self.up_to_90.add(sum),
            _ => self.over_90.add(sum),
        }
    }
}

/// What is owed as of that day, currency by currency: from as many sums as there are due dates with something open.
pub async fn receivables_in_tx(tx: &mut TenantTx, today: Date) -> Result<Vec<Receivables>, DatabaseError> {
    let mut found: BTreeMap<String, Receivables> = BTreeMap::new();
    for sum in sums(tx, DUE).all_in_tx(tx).await? {
        let Some(due) = sum.day else { continue };
        let of_currency = found.entry(sum.currency.to_string()).or_default();
        of_currency.currency = sum.currency.to_string();
        of_currency.add(&sum, today.days_since(due));
    }
    Ok(found.into_values().collect())
}

/// What each month brought in each currency, in the order of months: `day` is the first of one, and the bounds mean such days.
/// Net and gross are what was issued and is not void, by the date of issue; received and refunded are by when that was.
pub async fn revenue_in_tx(
    tx: &mut TenantTx,
    from: Option<Date>,
    to: Option<Date>,
) -> Result<Vec<InvoiceSumRow>, DatabaseError> {
    let mut months = sums(tx, MONTH).between("day", from.as_ref(), to.as_ref()).all_in_tx(tx).await?;
    months.sort_by(|one, other| (one.day, &one.currency).cmp(&(other.day, &other.currency)));
    Ok(months)
}

fn sums(tx: &TenantTx, kind: &str) -> Select<InvoiceSumRow> {
    Select::of(tx, Invoices::VERSION).equal("kind", &kind.to_owned())
}

/// An invoice whose due date has passed with something left to pay, and that is not marked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastDue {
    pub org: OrgId,
    pub invoice: StreamId,
    pub due_on: Date,
}

/// At most so many of each org, the longest due first. Each org comes with the day that it is there; the transaction names these
/// orgs.
pub async fn past_due_in_tx(
    tx: &mut WorkerTx,
    today: &[(OrgId, Date)],
    limit: u16,
) -> Result<Vec<PastDue>, DatabaseError> {
    let (orgs, days): (Vec<_>, Vec<_>) = today.iter().map(|(org, day)| (org.uuid(), day.to_string())).unzip();
    let query = sqlx::query(AssertSqlSafe(past_due())).bind(orgs).bind(days).bind(i64::from(limit));
    let rows = query.fetch_all(tx.connection()).await?;
    Ok(rows.iter().map(PastDue::read).collect::<Result<_, _>>()?)
}

impl PastDue {
    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let stream = |column| {
            StreamId::try_from(row.try_get::<Uuid, _>(column)?)
                .map_err(|error| sqlx::Error::Decode(error.into()))
        };
        let due_on = Date::of(row.try_get("due_on")?).map_err(sqlx::Error::Decode)?;
        Ok(Self { org: stream("org_id")?.into(), invoice: stream("id")?, due_on })
    }
}

/// A range of one index for each org.
pub(super) fn past_due() -> String {
    format!(
        "select found.org_id, found.id, found.due_order::text as due_on \
         from unnest($1::uuid[], $2::text[]::date[]) today(org_id, day) cross join lateral \
         (select kept.org_id, kept.id, kept.due_order from read.{}_v{} kept \
         where kept.org_id = today.org_id and not kept.overdue and kept.open > 0 and kept.due_order < today.day \
         order by kept.due_order, kept.id limit $3) found",
        InvoiceRow::TABLE,
        Invoices::VERSION
    )
}
