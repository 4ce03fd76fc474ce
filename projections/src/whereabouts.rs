//! Which rows tell of a person: no read model, but asked of each what forgetting them would touch. So nobody keeps a list of where
//! people are, and none is left out that a fold knows of.

use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{Actor, EventId, OrgId, Slug, StreamId, SubjectId, Text, Timestamp};
use xentri_domain::registry::Event;
use xentri_domain::subject::{Forgotten, NamedStream, SubjectEvent};
use xentri_ledger::{DatabaseError, Shard, TenantTx};
use xentri_schemas::{Envelope, Environment, Meta};

use crate::kit::{LedgerEvent, ReadModel};
use crate::read_models;

/// Of each read model that has such rows, its name and their ids. `streams` are those that hold the person's data.
pub async fn rows_about_in_tx(
    tx: &mut TenantTx,
    subject: SubjectId,
    streams: &[StreamRef],
) -> Result<Vec<(&'static str, Vec<Uuid>)>, DatabaseError> {
    let mut found = Vec::new();
    let Some(forgetting) = forgetting(tx.org(), tx.shard(), subject, streams) else { return Ok(found) };
    for model in read_models() {
        let rows = there_in_tx(tx, &*model, model.keys(&forgetting)).await?;
        if !rows.is_empty() {
            found.push((model.name(), rows));
        }
    }
    Ok(found)
}

/// Those of the rows that readers see.
async fn there_in_tx(
    tx: &mut TenantTx,
    model: &dyn ReadModel,
    keys: Vec<Uuid>,
) -> Result<Vec<Uuid>, DatabaseError> {
    let tables = model.tables();
    let Some(table) = tables.first().filter(|_| !keys.is_empty()) else { return Ok(Vec::new()) };
    let version = model.version();
    let query =
        format!("select id from read.{table}_v{version} where org_id = $1 and id = any($2) order by id");
    // Made of a table's own name.
    let query = sqlx::query(AssertSqlSafe(query)).bind(tx.org().uuid()).bind(keys);
    let rows = query.fetch_all(tx.connection()).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The event that would be appended, as far as folds look at it. It never is.
fn forgetting(org: OrgId, shard: Shard, subject: SubjectId, streams: &[StreamRef]) -> Option<LedgerEvent> {
    let streams = streams.iter().copied().map(NamedStream::from).collect();
    let source = Slug::parse("audit").ok()?;
    let meta = Meta {
        source: source.clone(),
        environment: Environment::Local,
        command: Text::parse("subject.forget").ok()?,
        reason: None,
        on_behalf_of: None,
    };
    let now = Timestamp::MIN;
    let envelope = Envelope {
        id: EventId::try_from(subject.uuid()).ok()?,
        occurred_at: now,
        org_id: org,
        actor: Actor::System(source),
        payload: Event::from(SubjectEvent::from(Forgotten { streams, reason: None })),
        dedupe_key: None,
        correlation_id: None,
        causation_id: None,
        trace_id: None,
        meta,
        stream_id: StreamId::try_from(subject.uuid()).ok()?,
        version: 1,
    };
    Some(LedgerEvent {
        shard,
        epoch: 1,
        position: 1,
        org_seq: 1,
        recorded_at: now,
        envelope: Box::new(envelope),
    })
}
