//! Invoices: one, many, and what they come to.

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object};
use uuid::Uuid;
use xentri_domain::kernel::Permission;
use xentri_projections::invoices::{
    InvoiceFilter as Filter, InvoiceOrder, InvoiceRow, invoice_by_number_in_tx, invoice_count_in_tx,
    invoice_in_tx, invoices_in_tx,
};

use super::event::{Event, latest};
use super::invoice_parts::{Customer, InvoiceLine, InvoiceState, InvoiceStatus, Payment, lines, payments};
use super::lead::Lead;
use super::receivables::{Period, Receivable, RevenueMonth, receivables, revenue};
use crate::graphql::connection::{List, OrderDirection, Paging, connection, rows, search, wants_total};
use crate::graphql::error::ReadError;
use crate::graphql::in_place::InPlace;
use crate::graphql::loaders::{LeadById, fetch};
use crate::graphql::reader::{Reader, reader};
use crate::graphql::scalars::{DateTime, Day, Money};

pub(in crate::graphql) struct Invoice(pub(super) Arc<InvoiceRow>);

impl Invoice {
    fn money(&self, amount: i64) -> InPlace<Money> {
        InPlace(Money::new(amount, &self.0.currency))
    }
}

/// What a customer is to pay.
#[Object(serial)]
impl Invoice {
    /// The invoice's id.
    pub(super) async fn id(&self) -> Uuid {
        self.0.id
    }

    /// Of its stream, for `If-Match`.
    pub(super) async fn version(&self) -> i64 {
        self.0.version
    }

    /// When it was drafted.
    pub(super) async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When something happened to it last.
    pub(super) async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// Where it stands.
    async fn state(&self) -> Result<InvoiceState, ReadError> {
        InvoiceState::of(&self.0.state)
    }

    /// The same in a word for people: overdue where it is marked so.
    async fn status(&self) -> Result<InvoiceStatus, ReadError> {
        InvoiceStatus::of(self.0.status())
    }

    /// Since when it is marked as overdue; null where it is not.
    async fn overdue_since(&self) -> Option<DateTime> {
        self.0.overdue_since.map(DateTime)
    }

    /// As it is written, like `INV-2026-000042`; null before it is issued.
    async fn number(&self) -> Option<&str> {
        self.0.number.as_deref()
    }

    /// Whom it is for.
    async fn customer(&self) -> Customer {
        Customer(self.0.clone())
    }

    /// The lead who became this customer, as far as it is there. Needs `sales:read`.
    async fn lead(&self, ctx: &Context<'_>) -> Option<Result<Lead, ReadError>> {
        let id = self.0.lead_id?;
        lead_of(ctx, id).await.transpose()
    }

    /// The code of ISO 4217 in which all its amounts are.
    async fn currency(&self) -> &str {
        &self.0.currency
    }

    /// What is billed, in order.
    async fn lines(&self) -> Result<Vec<InvoiceLine>, ReadError> {
        lines(&self.0)
    }

    /// Before tax; of a draft, what it would come to.
    async fn subtotal(&self) -> InPlace<Money> {
        self.money(self.0.subtotal)
    }

    /// The tax.
    async fn tax(&self) -> InPlace<Money> {
        self.money(self.0.tax)
    }

    /// With tax.
    async fn total(&self) -> InPlace<Money> {
        self.money(self.0.total)
    }

    /// All that came in.
    async fn paid(&self) -> InPlace<Money> {
        self.money(self.0.paid)
    }

    /// All that was given back.
    async fn refunded(&self) -> InPlace<Money> {
        self.money(self.0.refunded)
    }

    /// What is left to pay; nothing for a draft or a void one.
    async fn open(&self) -> InPlace<Money> {
        self.money(self.0.open)
    }

    /// How many days after its issue it is due.
    async fn due_in_days(&self) -> i32 {
        self.0.due_in_days
    }

    /// In the org's time zone; null before it is issued.
    async fn issued_on(&self) -> Option<Day> {
        self.0.issued_on.map(Day)
    }

    /// The last day to pay; null before it is issued.
    async fn due_on(&self) -> Option<Day> {
        self.0.due_on.map(Day)
    }

    /// How many reminders were sent.
    async fn reminders(&self) -> i32 {
        self.0.reminders
    }

    /// The last twenty payments, the newest first.
    async fn payments(&self) -> Result<Vec<Payment>, ReadError> {
        payments(&self.0)
    }

    /// What happened to it last, in order. The query `timeline` has all of it.
    #[graphql(complexity = "5 + rows(None, last) * child_complexity")]
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many events, up to 100; 20 unless said.")] last: Option<i32>,
    ) -> Result<Vec<InPlace<Event>>, ReadError> {
        latest(ctx, "invoice", self.0.id, last).await
    }
}

async fn lead_of(ctx: &Context<'_>, id: Uuid) -> Result<Option<Lead>, ReadError> {
    reader(ctx).require(Permission::SALES_READ)?;
    Ok(fetch(ctx).load_one(LeadById(id)).await?.map(Lead))
}

connection!(InvoiceConnection, InvoiceEdge, Invoice);

/// Which invoices; all of these have to hold.
#[derive(Default, InputObject)]
struct InvoiceFilter {
    /// In that state.
    state: Option<InvoiceState>,
    /// Marked as overdue, or not.
    overdue: Option<bool>,
    /// For this person.
    customer: Option<Uuid>,
    /// For the customer who this lead became.
    lead: Option<Uuid>,
    /// In that currency.
    currency: Option<String>,
    /// Due on that day or later.
    due_from: Option<Day>,
    /// Due on that day or earlier.
    due_to: Option<Day>,
    /// Whose customer's name begins so, in any case. Needs `person:read`.
    search: Option<String>,
}

/// By what invoices are put in order.
#[derive(Clone, Copy, PartialEq, Eq, Default, Enum)]
enum InvoiceOrderField {
    /// When they were drafted.
    #[default]
    CreatedAt,
    /// When they are due; those that are not issued come after all others.
    DueOn,
    /// The customer's name. Needs `person:read`.
    Customer,
}

/// In which order invoices come.
#[derive(Default, InputObject)]
struct InvoiceOrderBy {
    /// By what.
    #[graphql(default)]
    field: InvoiceOrderField,
    /// Which way.
    #[graphql(default)]
    direction: OrderDirection,
}

#[derive(Default)]
pub(in crate::graphql) struct InvoiceQueries;

#[Object]
impl InvoiceQueries {
    /// An invoice, by its id or by its number. Needs `finance:read`.
    async fn invoice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The invoice's id.")] id: Option<Uuid>,
        #[graphql(desc = "Its number as it is written.")] number: Option<String>,
    ) -> Option<Result<Invoice, ReadError>> {
        let row = match (id, number) {
            (Some(id), None) => by_id(ctx, id).await,
            (None, Some(number)) => by_number(ctx, &number).await,
            _ => Err(ReadError::Argument("either id or number".to_owned())),
        };
        row.transpose()
    }

    /// Invoices, the newest first unless said. Needs `finance:read`.
    #[graphql(complexity = "5 + rows(first, last) * child_complexity")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a list")]
    async fn invoices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<InvoiceFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<InvoiceOrderBy>,
        #[graphql(desc = "At most so many from the beginning, up to 100; 20 unless said.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many from the end, up to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<Result<InvoiceConnection, ReadError>> {
        let paging = Paging { first, after, last, before };
        Some(invoices(ctx, filter.unwrap_or_default(), &order_by.unwrap_or_default(), &paging).await)
    }

    /// What is owed as of today in the org's time zone, currency by currency. Needs `finance:read`.
    #[graphql(complexity = "5 + 5 * child_complexity")]
    async fn receivables(&self, ctx: &Context<'_>) -> Option<Result<Vec<Receivable>, ReadError>> {
        Some(receivables(ctx).await)
    }

    /// What each month brought, in each currency, the first month first. Needs `finance:read`.
    #[graphql(complexity = "5 + 24 * child_complexity")]
    async fn revenue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In which steps.", default)] by: Period,
        #[graphql(desc = "From the month of this day on.")] from: Option<Day>,
        #[graphql(desc = "Up to the month of this day.")] to: Option<Day>,
    ) -> Option<Result<Vec<RevenueMonth>, ReadError>> {
        let Period::Month = by;
        Some(revenue(ctx, from, to).await)
    }
}

pub(super) async fn by_id(ctx: &Context<'_>, id: Uuid) -> Result<Option<Invoice>, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::FINANCE_READ)?;
    let row = invoice_in_tx(&mut *reader.tx().await?, id).await?;
    Ok(row.map(|row| Invoice(Arc::new(row))))
}

async fn by_number(ctx: &Context<'_>, number: &str) -> Result<Option<Invoice>, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::FINANCE_READ)?;
    let row = invoice_by_number_in_tx(&mut *reader.tx().await?, number).await?;
    Ok(row.map(|row| Invoice(Arc::new(row))))
}

async fn invoices(
    ctx: &Context<'_>,
    filter: InvoiceFilter,
    by: &InvoiceOrderBy,
    paging: &Paging,
) -> Result<InvoiceConnection, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::FINANCE_READ)?;
    // Whoever may not read names must not find them by trying, or by their order.
    if filter.search.is_some() || by.field == InvoiceOrderField::Customer {
        reader.require(Permission::PERSON_READ)?;
    }
    let order = match by.field {
        InvoiceOrderField::CreatedAt => InvoiceOrder::CreatedAt,
        InvoiceOrderField::DueOn => InvoiceOrder::DueOn,
        InvoiceOrderField::Customer => InvoiceOrder::Customer,
    };
    let filter = filter.of_rows()?;
    let list = List { name: "invoices", order, direction: by.direction.into(), paging };
    let wanted = list.wanted(reader)?;
    let page = invoices_in_tx(&mut *reader.tx().await?, &filter, &wanted).await?;
    let total = if wants_total(ctx) { total(reader, &filter).await? } else { None };
    Ok(InvoiceConnection::of(list.page(page, reader)?, total, |row| Invoice(Arc::new(row))))
}

/// What is counted as it changes: all of them, and those of a state, with the mark or without.
async fn total(reader: &Reader, filter: &Filter) -> Result<Option<i64>, ReadError> {
    let (state, overdue) = (filter.state.clone(), filter.overdue);
    if *filter != (Filter { state: state.clone(), overdue, ..Filter::default() }) {
        return Ok(None);
    }
    Ok(Some(invoice_count_in_tx(&mut *reader.tx().await?, state.as_deref(), overdue).await?))
}

impl InvoiceFilter {
    fn of_rows(self) -> Result<Filter, ReadError> {
        Ok(Filter {
            state: self.state.map(|state| state.word().to_owned()),
            overdue: self.overdue,
            customer: self.customer,
            lead: self.lead,
            currency: self.currency,
            due_from: self.due_from.map(|day| day.0),
            due_to: self.due_to.map(|day| day.0),
            search: search(self.search)?,
        })
    }
}
