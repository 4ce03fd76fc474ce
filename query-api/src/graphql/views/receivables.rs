//! What invoices come to together: what is owed, and what each month brought.

use async_graphql::{Context, Enum, SimpleObject};
use xentri_domain::kernel::{Date, Permission};
use xentri_projections::invoices::{
    Debt as Owed, InvoiceSumRow, Receivables, receivables_in_tx, revenue_in_tx,
};

use crate::graphql::error::ReadError;
use crate::graphql::reader::reader;
use crate::graphql::scalars::{Day, Money};

/// Invoices, and what is left to pay of them.
#[derive(SimpleObject)]
#[graphql(serial)]
struct Debt {
    /// How many.
    invoices: i64,
    /// How much.
    amount: Money,
}

/// What is owed in one currency. Overdue is what should have been paid before today, marked or not.
#[derive(SimpleObject)]
#[graphql(serial)]
pub(super) struct Receivable {
    /// The code of ISO 4217.
    currency: String,
    /// Overdue or not.
    open: Debt,
    /// All that is overdue.
    overdue: Debt,
    /// Of the overdue: due at most 30 days ago.
    up_to_30_days: Debt,
    /// Of the overdue: due 31 to 60 days ago.
    up_to_60_days: Debt,
    /// Of the overdue: due 61 to 90 days ago.
    up_to_90_days: Debt,
    /// Of the overdue: due more than 90 days ago.
    over_90_days: Debt,
}

/// In which steps time is counted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Enum)]
pub(super) enum Period {
    /// Month by month.
    #[default]
    Month,
}

/// What a month brought in one currency. What was billed counts by the day of issue in the org's time zone; what moved counts by
/// the month of UTC.
#[derive(SimpleObject)]
#[graphql(serial)]
pub(super) struct RevenueMonth {
    /// Its first day.
    month: Option<Day>,
    /// The code of ISO 4217.
    currency: String,
    /// How many invoices were issued and are not void.
    invoices: i64,
    /// What they come to before tax.
    net: Money,
    /// What they come to with tax.
    gross: Money,
    /// What came in, on any invoice.
    received: Money,
    /// What was given back, on any invoice.
    refunded: Money,
}

pub(super) async fn receivables(ctx: &Context<'_>) -> Result<Vec<Receivable>, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::FINANCE_READ)?;
    let today = reader.org().await?.settings.time_zone.local_date(reader.now);
    let owed = receivables_in_tx(&mut *reader.tx().await?, today).await?;
    Ok(owed.into_iter().map(shown).collect())
}

fn shown(owed: Receivables) -> Receivable {
    let debt = |debt: Owed| Debt { invoices: debt.invoices, amount: Money::new(debt.amount, &owed.currency) };
    Receivable {
        open: debt(owed.open),
        overdue: debt(owed.overdue),
        up_to_30_days: debt(owed.up_to_30),
        up_to_60_days: debt(owed.up_to_60),
        up_to_90_days: debt(owed.up_to_90),
        over_90_days: debt(owed.over_90),
        currency: owed.currency,
    }
}

pub(super) async fn revenue(
    ctx: &Context<'_>,
    from: Option<Day>,
    to: Option<Day>,
) -> Result<Vec<RevenueMonth>, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::FINANCE_READ)?;
    let first = |day: Option<Day>| day.map(|day| first_of_month(day.0)).transpose();
    let months = revenue_in_tx(&mut *reader.tx().await?, first(from)?, first(to)?).await?;
    Ok(months.iter().map(month).collect())
}

/// Months are kept by their first days.
fn first_of_month(day: Date) -> Result<Date, ReadError> {
    let month: String = day.to_string().chars().take("2026-11".len()).collect();
    Date::parse(&format!("{month}-01")).map_err(|_| ReadError::Argument("no day of the calendar".to_owned()))
}

fn month(sum: &InvoiceSumRow) -> RevenueMonth {
    let money = |amount| Money::new(amount, &sum.currency);
    RevenueMonth {
        month: sum.day.map(Day),
        invoices: sum.invoices,
        net: money(sum.net),
        gross: money(sum.gross),
        received: money(sum.received),
        refunded: money(sum.refunded),
        currency: sum.currency.to_string(),
    }
}
