//! The ledger as it is read: what happened to one thing, and to the whole org.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use serde_json::Value;
use uuid::Uuid;
use xentri_domain::kernel::{Actor, Area, CorrelationId, Permission, Slug, UserId};
use xentri_domain::registry::event_kinds;
use xentri_projections::audit::{AuditRow, HistoryFilter, HistoryPart, history_in_tx, timeline_in_tx};
use xentri_projections::kit::RowPage;

use crate::graphql::connection::{Paging, connection, limit, rows};
use crate::graphql::error::ReadError;
use crate::graphql::in_place::InPlace;
use crate::graphql::loaders::{LatestOf, PayloadOf, fetch};
use crate::graphql::reader::{Reader, reader};
use crate::graphql::scalars::{DateTime, OrgSeq};
use crate::graphql::words::words;

words! {
    /// What somebody is who does something.
    ActorType, "type of an actor" {
        /// A person who signed in.
        User => "user",
        /// A service of the platform.
        System => "system",
        /// A scheduled job or a reactor.
        Job => "job",
        /// A program that acts with judgement of its own.
        Agent => "agent",
    }
}

/// Who did it.
#[derive(SimpleObject)]
#[graphql(serial)]
struct EventActor {
    /// What they are.
    #[graphql(name = "type")]
    kind: ActorType,
    /// Unique within the type: a user's id, or a name.
    id: String,
}

pub(in crate::graphql) struct Event(pub(super) AuditRow);

/// Something that happened, as the ledger has it for ever.
#[Object(serial)]
impl Event {
    /// The event's id.
    async fn id(&self) -> Uuid {
        self.0.id
    }

    /// Its place in the org, without gaps; also the cursor to go on from here.
    async fn org_seq(&self) -> OrgSeq {
        OrgSeq(u64::try_from(self.0.org_seq).unwrap_or_default())
    }

    /// As in `xentri.lead.created.v1`.
    #[graphql(name = "type")]
    async fn event_type(&self) -> &str {
        &self.0.event_type
    }

    /// Of which part of the company it tells: core, strategy, sales, finance, brand, pulse.
    async fn context(&self) -> &str {
        &self.0.context
    }

    /// What kind of thing it happened to, as in `lead`.
    async fn stream_type(&self) -> &str {
        &self.0.stream_type
    }

    /// To which one.
    async fn stream_id(&self) -> Uuid {
        self.0.stream_id
    }

    /// Its place in that stream, from 1.
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// Who did it.
    async fn actor(&self) -> Result<EventActor, ReadError> {
        Ok(EventActor { kind: ActorType::of(&self.0.actor_type)?, id: self.0.actor_id.to_string() })
    }

    /// The user for whom the actor acted.
    async fn on_behalf_of(&self) -> Option<Uuid> {
        self.0.on_behalf_of.map(UserId::uuid)
    }

    /// Shared by everything that one request set off.
    async fn correlation_id(&self) -> Option<Uuid> {
        self.0.correlation_id
    }

    /// The event that led to this one.
    async fn causation_id(&self) -> Option<Uuid> {
        self.0.causation_id
    }

    /// What it says. What is personal is sealed (`{"$p": …}`) for those who may not read it (`person:read`), and `{"$p": null}` once
    /// the person is forgotten. Null for events of a newer release. Needs `ledger:read` or `events:subscribe`.
    #[graphql(complexity = 5)]
    async fn payload(&self, ctx: &Context<'_>) -> Option<Result<Value, ReadError>> {
        payload(ctx, self.0.org_seq).await.transpose()
    }

    /// When it took place, as far as its author knows.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.0.occurred_at)
    }

    /// When the ledger took it. "As of" a moment goes by this.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }

    /// What took the command in: api, job, reactor.
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// The command that led to it, as in `lead.capture`.
    async fn command(&self) -> &str {
        &self.0.command
    }

    /// In the words of whoever gave the command.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
}

async fn payload(ctx: &Context<'_>, org_seq: i64) -> Result<Option<Value>, ReadError> {
    may_read_payloads(reader(ctx))?;
    let number = u64::try_from(org_seq).map_err(|_| ReadError::Unreadable("org_seq"))?;
    fetch(ctx).load_one(PayloadOf(number)).await
}

/// The event feed has them too.
fn may_read_payloads(reader: &Reader) -> Result<(), ReadError> {
    let enough = [Permission::LEDGER_READ, Permission::EVENTS_SUBSCRIBE];
    let may = enough.into_iter().any(|permission| reader.principal.allows(permission));
    if may { Ok(()) } else { Err(ReadError::DeniedBoth(enough[0], enough[1])) }
}

connection!(EventConnection, EventEdge, Event);

/// Somebody who does something.
#[derive(InputObject)]
struct ActorFilter {
    /// What they are.
    #[graphql(name = "type")]
    kind: ActorType,
    /// A user's id, or a name.
    id: String,
}

/// At most so many types of events in one filter: each is a range of an index of its own.
const TYPES: usize = 50;

#[derive(Default)]
pub(in crate::graphql) struct LedgerQueries;

#[Object]
impl LedgerQueries {
    /// What happened to one thing, the first first. Needs `ledger:read`, or to read the part of the company that it belongs to.
    #[graphql(complexity = "5 + rows(first, last) * child_complexity")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a list")]
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What kind of thing, as in `lead`.")] stream_type: String,
        #[graphql(desc = "Which one.")] stream_id: Uuid,
        #[graphql(desc = "At most so many from the beginning, up to 100; 20 unless said.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind the event with this number in the org.")] after: Option<OrgSeq>,
        #[graphql(desc = "At most so many from the end, up to 100.")] last: Option<i32>,
        #[graphql(desc = "Before the event with this number in the org.")] before: Option<OrgSeq>,
    ) -> Option<Result<EventConnection, ReadError>> {
        let stretch = Stretch::of(first, after, last, before);
        Some(timeline(ctx, &stream_type, stream_id, &stretch).await)
    }

    /// What happened in the org, the first first. Needs `ledger:read`.
    #[graphql(complexity = "5 + rows(first, last) * child_complexity")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a list")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only events of these types, as in `xentri.lead.created.v1`; at most 50.")]
        types: Option<Vec<String>>,
        #[graphql(desc = "Only what this one did.")] actor: Option<ActorFilter>,
        #[graphql(desc = "Only what one request set off.")] correlation_id: Option<Uuid>,
        #[graphql(desc = "At most so many from the beginning, up to 100; 20 unless said.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind the event with this number in the org.")] after: Option<OrgSeq>,
        #[graphql(desc = "At most so many from the end, up to 100.")] last: Option<i32>,
        #[graphql(desc = "Before the event with this number in the org.")] before: Option<OrgSeq>,
    ) -> Option<Result<EventConnection, ReadError>> {
        let stretch = Stretch::of(first, after, last, before);
        Some(history(ctx, types, actor, correlation_id, &stretch).await)
    }
}

/// A part of the history; places are numbers, which everybody who reads the history knows.
struct Stretch(Paging);

impl Stretch {
    fn of(first: Option<i32>, after: Option<OrgSeq>, last: Option<i32>, before: Option<OrgSeq>) -> Self {
        let text = |seq: Option<OrgSeq>| seq.map(|OrgSeq(seq)| seq.to_string());
        Self(Paging { first, after: text(after), last, before: text(before) })
    }

    fn part(&self) -> Result<HistoryPart, ReadError> {
        let number = |text: Option<&String>| text.and_then(|text| text.parse().ok());
        let limit = self.0.limit()?;
        Ok(if self.0.is_backwards()? {
            HistoryPart::Last { limit, before: number(self.0.before.as_ref()) }
        } else {
            HistoryPart::First { limit, after: number(self.0.after.as_ref()).unwrap_or_default() }
        })
    }

    fn page(&self, page: RowPage<AuditRow>) -> Result<EventConnection, ReadError> {
        let rows = self.0.page(page, |row| Ok(row.org_seq.to_string()))?;
        Ok(EventConnection::of(rows, None, Event))
    }
}

async fn timeline(
    ctx: &Context<'_>,
    stream_type: &str,
    stream: Uuid,
    stretch: &Stretch,
) -> Result<EventConnection, ReadError> {
    let reader = reader(ctx);
    may_read_stream(reader, stream_type)?;
    let part = stretch.part()?;
    stretch.page(timeline_in_tx(&mut *reader.tx().await?, stream_type, stream, part).await?)
}

/// Whoever reads a part of the company reads what happened to its things, too.
fn may_read_stream(reader: &Reader, stream_type: &str) -> Result<(), ReadError> {
    let kind = event_kinds().find(|kind| kind.stream_type == stream_type);
    let context: Option<Area> = kind.map(|kind| kind.context).filter(|area| area.is_context());
    match context.and_then(|area| Permission::parse(&format!("{area}:read"))) {
        Some(read) if reader.principal.allows(read) => Ok(()),
        Some(_) if reader.principal.allows(Permission::LEDGER_READ) => Ok(()),
        Some(read) => Err(ReadError::DeniedBoth(read, Permission::LEDGER_READ)),
        None => reader.require(Permission::LEDGER_READ),
    }
}

async fn history(
    ctx: &Context<'_>,
    types: Option<Vec<String>>,
    actor: Option<ActorFilter>,
    correlation: Option<Uuid>,
    stretch: &Stretch,
) -> Result<EventConnection, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::LEDGER_READ)?;
    let part = stretch.part()?;
    let types = types.unwrap_or_default();
    if types.len() > TYPES {
        return Err(ReadError::Argument(format!("at most {TYPES} types")));
    }
    let correlation = correlation.map(CorrelationId::try_from).transpose();
    let filter = HistoryFilter {
        types: types.into_iter().collect(),
        actor: actor.map(ActorFilter::of_rows).transpose()?,
        correlation: correlation.map_err(|_| ReadError::Argument("no correlation id".to_owned()))?,
        stream: None,
    };
    stretch.page(history_in_tx(&mut *reader.tx().await?, &filter, part).await?)
}

impl ActorFilter {
    fn of_rows(self) -> Result<Actor, ReadError> {
        let bad = || ReadError::Argument("the actor's id is none of that type".to_owned());
        let name = || Slug::parse(&self.id).map_err(|_| bad());
        Ok(match self.kind {
            ActorType::User => {
                let id = Uuid::parse_str(&self.id).ok().and_then(|id| UserId::try_from(id).ok());
                Actor::User(id.ok_or_else(bad)?)
            }
            ActorType::System => Actor::System(name()?),
            ActorType::Job => Actor::Job(name()?),
            ActorType::Agent => Actor::Agent(name()?),
        })
    }
}

/// The newest events of a stream that is shown, in order: for all rows of a list in one statement.
pub(super) async fn latest(
    ctx: &Context<'_>,
    stream_type: &'static str,
    stream: Uuid,
    last: Option<i32>,
) -> Result<Vec<InPlace<Event>>, ReadError> {
    may_read_stream(reader(ctx), stream_type)?;
    let key = LatestOf { stream_type, stream, limit: limit(last)? };
    let rows = fetch(ctx).load_one(key).await?.unwrap_or_default();
    Ok(rows.into_iter().map(|row| InPlace(Event(row))).collect())
}
