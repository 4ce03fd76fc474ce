//! Leads: one, many, and the pipeline that they are in.

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use serde::Deserialize;
use uuid::Uuid;
use xentri_domain::kernel::{Permission, Timestamp, UserId};
use xentri_projections::leads::{
    LeadFilter as Filter, LeadOrder, LeadRow, PipelineRow, lead_count_in_tx, lead_in_tx, leads_in_tx,
    pipeline_in_tx,
};

use super::event::{Event, latest};
use crate::graphql::connection::{List, OrderDirection, Paging, connection, rows, search, wants_total};
use crate::graphql::error::ReadError;
use crate::graphql::in_place::InPlace;
use crate::graphql::reader::{Reader, reader};
use crate::graphql::scalars::{DateTime, Day, Money};
use crate::graphql::words::words;

words! {
    /// Where a lead stands.
    LeadState, "state of a lead" {
        /// Captured, and nobody has been in touch.
        New => "new",
        /// Somebody has been in touch.
        Contacted => "contacted",
        /// Worth a proposal.
        Qualified => "qualified",
        /// A proposal was sent.
        Proposal => "proposal",
        /// Became a customer. Final.
        Won => "won",
        /// Went elsewhere. Final.
        Lost => "lost",
        /// Was never going to be one. Final.
        Disqualified => "disqualified",
    }
}

words! {
    /// How a lead came.
    LeadSource, "source of a lead" {
        /// By a form of the website.
        Form => "form",
        /// From a list.
        Import => "import",
        /// Somebody wrote it down.
        Manual => "manual",
    }
}

/// Somebody is to come back to the lead.
#[derive(SimpleObject)]
#[graphql(serial)]
struct FollowUp {
    /// To complete it.
    id: Uuid,
    /// When.
    due_at: DateTime,
}

#[derive(Deserialize)]
struct OpenFollowUp {
    id: Uuid,
    due_at: Timestamp,
}

/// A possible customer.
#[derive(Clone)]
pub(in crate::graphql) struct Lead(pub(super) Arc<LeadRow>);

/// A possible customer. What is personal is null for those who may not read it (`person:read`), and once the person is forgotten.
#[Object(serial)]
impl Lead {
    /// The lead's id.
    pub(super) async fn id(&self) -> Uuid {
        self.0.id
    }

    /// Of its stream, for `If-Match`.
    pub(super) async fn version(&self) -> i64 {
        self.0.version
    }

    /// When it was captured.
    pub(super) async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When something happened to it last.
    pub(super) async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// Where it stands.
    async fn state(&self) -> Result<LeadState, ReadError> {
        LeadState::of(&self.0.state)
    }

    /// How it came.
    async fn source(&self) -> Result<LeadSource, ReadError> {
        LeadSource::of(&self.0.source)
    }

    /// The person's name. Personal.
    async fn name<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        reader(ctx).personal(self.0.name.as_ref())
    }

    /// The person's e-mail address. Personal.
    async fn email<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        reader(ctx).personal(self.0.email.as_ref())
    }

    /// The person's telephone number. Personal.
    async fn phone<'a>(&'a self, ctx: &Context<'a>) -> Option<&'a str> {
        reader(ctx).personal(self.0.phone.as_ref())
    }

    /// Where the person works.
    async fn company(&self) -> Option<&str> {
        self.0.company.as_deref()
    }

    /// Whether the person asked to be forgotten: then nobody can read anymore who it was.
    async fn forgotten(&self) -> bool {
        self.0.forgotten
    }

    /// What it is or would be worth: as estimated, proposed, or agreed on.
    async fn value(&self) -> Option<InPlace<Money>> {
        Some(InPlace(Money::new(self.0.value_amount?, self.0.value_currency.as_ref()?)))
    }

    /// The user who works on it.
    async fn owner(&self) -> Option<Uuid> {
        self.0.owner.map(UserId::uuid)
    }

    /// From 0 to 100, once it is qualified.
    async fn score(&self) -> Option<i32> {
        self.0.score
    }

    /// The last day on which the proposal that counts is valid.
    async fn proposal_until(&self) -> Option<Day> {
        self.0.proposal_until.map(Day)
    }

    /// The open ones, by when they are due.
    async fn follow_ups(&self) -> Result<Vec<FollowUp>, ReadError> {
        let open = Vec::<OpenFollowUp>::deserialize(&self.0.follow_ups.0);
        let open = open.map_err(|_| ReadError::Unreadable("follow-ups of a lead"))?;
        let shown = |OpenFollowUp { id, due_at }| FollowUp { id, due_at: DateTime(due_at) };
        Ok(open.into_iter().map(shown).collect())
    }

    /// What happened to it last, in order. The query `timeline` has all of it.
    #[graphql(complexity = "5 + rows(None, last) * child_complexity")]
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many events, up to 100; 20 unless said.")] last: Option<i32>,
    ) -> Result<Vec<InPlace<Event>>, ReadError> {
        latest(ctx, "lead", self.0.id, last).await
    }
}

connection!(LeadConnection, LeadEdge, Lead);

/// Which leads; all of these have to hold.
#[derive(Default, InputObject)]
struct LeadFilter {
    /// In that state.
    state: Option<LeadState>,
    /// That came that way.
    source: Option<LeadSource>,
    /// That this user works on.
    owner: Option<Uuid>,
    /// Whose name or company begins so, in any case. Needs `person:read`.
    search: Option<String>,
}

/// By what leads are put in order.
#[derive(Clone, Copy, PartialEq, Eq, Default, Enum)]
enum LeadOrderField {
    /// When they were captured.
    #[default]
    CreatedAt,
    /// The person's name, or else the company. Needs `person:read`.
    Name,
}

/// In which order leads come.
#[derive(Default, InputObject)]
struct LeadOrderBy {
    /// By what.
    #[graphql(default)]
    field: LeadOrderField,
    /// Which way.
    #[graphql(default)]
    direction: OrderDirection,
}

/// The leads of a state whose values are in one currency.
#[derive(SimpleObject)]
#[graphql(serial)]
struct PipelineStage {
    /// In which state.
    state: LeadState,
    /// In which currency; null for leads without a value.
    currency: Option<String>,
    /// How many.
    leads: i64,
    /// Their values together; null for leads without one.
    value: Option<Money>,
}

#[derive(Default)]
pub(in crate::graphql) struct LeadQueries;

#[Object]
impl LeadQueries {
    /// A lead. Needs `sales:read`.
    async fn lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead's id.")] id: Uuid,
    ) -> Option<Result<Lead, ReadError>> {
        lead(ctx, id).await.transpose()
    }

    /// Leads, the newest first unless said. Needs `sales:read`.
    #[graphql(complexity = "5 + rows(first, last) * child_complexity")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a list")]
    async fn leads(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<LeadFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<LeadOrderBy>,
        #[graphql(desc = "At most so many from the beginning, up to 100; 20 unless said.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many from the end, up to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<Result<LeadConnection, ReadError>> {
        let paging = Paging { first, after, last, before };
        Some(leads(ctx, filter.unwrap_or_default(), &order_by.unwrap_or_default(), &paging).await)
    }

    /// How many leads are in which state, worth how much in which currency. Needs `sales:read`.
    #[graphql(complexity = "5 + 20 * child_complexity")]
    async fn pipeline(&self, ctx: &Context<'_>) -> Option<Result<Vec<PipelineStage>, ReadError>> {
        Some(pipeline(ctx).await)
    }
}

pub(super) async fn lead(ctx: &Context<'_>, id: Uuid) -> Result<Option<Lead>, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::SALES_READ)?;
    let row = lead_in_tx(&mut *reader.tx().await?, id).await?;
    Ok(row.map(|row| Lead(Arc::new(row))))
}

async fn leads(
    ctx: &Context<'_>,
    filter: LeadFilter,
    by: &LeadOrderBy,
    paging: &Paging,
) -> Result<LeadConnection, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::SALES_READ)?;
    // Whoever may not read names must not find them by trying, or by their order.
    if filter.search.is_some() || by.field == LeadOrderField::Name {
        reader.require(Permission::PERSON_READ)?;
    }
    let order = match by.field {
        LeadOrderField::CreatedAt => LeadOrder::CreatedAt,
        LeadOrderField::Name => LeadOrder::Name,
    };
    let filter = filter.of_rows()?;
    let list = List { name: "leads", order, direction: by.direction.into(), paging };
    let wanted = list.wanted(reader)?;
    let page = leads_in_tx(&mut *reader.tx().await?, &filter, &wanted).await?;
    let total = if wants_total(ctx) { total(reader, &filter).await? } else { None };
    Ok(LeadConnection::of(list.page(page, reader)?, total, |row| Lead(Arc::new(row))))
}

/// What is counted as it changes: all of them, and those of a state.
async fn total(reader: &Reader, filter: &Filter) -> Result<Option<i64>, ReadError> {
    let state = filter.state.clone();
    if *filter != (Filter { state: state.clone(), ..Filter::default() }) {
        return Ok(None);
    }
    Ok(Some(lead_count_in_tx(&mut *reader.tx().await?, state.as_deref()).await?))
}

impl LeadFilter {
    fn of_rows(self) -> Result<Filter, ReadError> {
        let owner = self.owner.map(UserId::try_from).transpose();
        Ok(Filter {
            state: self.state.map(|state| state.word().to_owned()),
            source: self.source.map(|source| source.word().to_owned()),
            owner: owner.map_err(|_| ReadError::Argument("owner is no user's id".to_owned()))?,
            search: search(self.search)?,
        })
    }
}

async fn pipeline(ctx: &Context<'_>) -> Result<Vec<PipelineStage>, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::SALES_READ)?;
    let mut sums = pipeline_in_tx(&mut *reader.tx().await?).await?;
    sums.sort_by(|one, other| (&one.currency, &one.state).cmp(&(&other.currency, &other.state)));
    sums.iter().map(stage).collect()
}

fn stage(sum: &PipelineRow) -> Result<PipelineStage, ReadError> {
    let valued = !sum.currency.is_empty();
    Ok(PipelineStage {
        state: LeadState::of(&sum.state)?,
        currency: valued.then(|| sum.currency.to_string()),
        leads: sum.leads,
        value: valued.then(|| Money::new(sum.amount, &sum.currency)),
    })
}
