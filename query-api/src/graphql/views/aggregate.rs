//! The state of anything as it was, and what changed between two versions of it.

use async_graphql::{Context, Object, SimpleObject};
use serde_json::Value;
use uuid::Uuid;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{Permission, StreamId};

use crate::graphql::error::ReadError;
use crate::graphql::reader::reader;
use crate::graphql::scalars::DateTime;
use crate::time_travel::{Change, Then, diff_in_tx, state_in_tx, stream_type};

/// The state of something as of then, folded from its events.
#[derive(SimpleObject)]
#[graphql(serial)]
struct Aggregate {
    /// What kind of thing it is, as in `lead`.
    #[graphql(name = "type")]
    kind: String,
    /// Which one.
    id: Uuid,
    /// How many events it had by then.
    version: i64,
    /// When the last of them was recorded.
    recorded_at: DateTime,
    /// As the answer to a command has it (`data.state`). What is personal is sealed (`{"$p": …}`) for those who may not read it
    /// (`person:read`), and once the person is forgotten it is `{"$p": null}`.
    state: Value,
}

/// Something that differs between two versions.
#[derive(SimpleObject)]
#[graphql(serial)]
struct AggregateChange {
    /// Where it stands in the state: a JSON pointer.
    pointer: String,
    /// What was there; null for nothing.
    before: Option<Value>,
    /// What is there; null for nothing.
    after: Option<Value>,
}

#[derive(Default)]
pub(in crate::graphql) struct AggregateQueries;

#[Object]
impl AggregateQueries {
    /// The state of anything as of one of its versions or a moment, or as of now; null where there was none. Needs `ledger:read`.
    async fn aggregate_at(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What kind of thing, as in `lead`.")] stream_type: String,
        #[graphql(desc = "Which one.")] stream_id: Uuid,
        #[graphql(desc = "After its event with that number.")] version: Option<u32>,
        #[graphql(desc = "With what was recorded by then.")] time: Option<DateTime>,
    ) -> Option<Result<Aggregate, ReadError>> {
        let then = match (version, time) {
            (None, None) => Ok(Then::Now),
            (Some(version), None) => Ok(Then::Version(version)),
            (None, Some(time)) => Ok(Then::Moment(time.0)),
            (Some(_), Some(_)) => Err(ReadError::Argument("either version or time".to_owned())),
        };
        match then {
            Ok(then) => aggregate(ctx, &stream_type, stream_id, then).await.transpose(),
            Err(error) => Some(Err(error)),
        }
    }

    /// What changed between two versions of something, field by field; null where it has no such versions. Needs `ledger:read`.
    async fn aggregate_diff(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What kind of thing, as in `lead`.")] stream_type: String,
        #[graphql(desc = "Which one.")] stream_id: Uuid,
        #[graphql(desc = "A version; 0 for before there was anything.")] from: u32,
        #[graphql(desc = "Another version.")] to: u32,
    ) -> Option<Result<Vec<AggregateChange>, ReadError>> {
        differences(ctx, &stream_type, stream_id, (from, to)).await.transpose()
    }
}

/// What can't be a stream is as little there as one that is not.
fn stream(name: &str, id: Uuid) -> Option<StreamRef> {
    Some(StreamRef { stream_type: stream_type(name)?, id: StreamId::try_from(id).ok()? })
}

async fn aggregate(
    ctx: &Context<'_>,
    kind: &str,
    id: Uuid,
    then: Then,
) -> Result<Option<Aggregate>, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::LEDGER_READ)?;
    let Some(stream) = stream(kind, id) else { return Ok(None) };
    let opens = reader.principal.allows(Permission::PERSON_READ);
    let mut tx = reader.tx().await?;
    let found = state_in_tx(&mut tx, reader.ledger.keys(), stream, then, opens).await?;
    Ok(found.map(|found| Aggregate {
        kind: found.stream.stream_type.to_owned(),
        id: found.stream.id.uuid(),
        version: found.version.into(),
        recorded_at: DateTime(found.recorded_at),
        state: found.state,
    }))
}

async fn differences(
    ctx: &Context<'_>,
    kind: &str,
    id: Uuid,
    versions: (u32, u32),
) -> Result<Option<Vec<AggregateChange>>, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::LEDGER_READ)?;
    let Some(stream) = stream(kind, id) else { return Ok(None) };
    let opens = reader.principal.allows(Permission::PERSON_READ);
    let mut tx = reader.tx().await?;
    let found = diff_in_tx(&mut tx, reader.ledger.keys(), stream, versions, opens).await?;
    let shown = |Change { pointer, before, after }| AggregateChange { pointer, before, after };
    Ok(found.map(|changes| changes.into_iter().map(shown).collect()))
}
