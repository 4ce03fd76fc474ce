//! Every event of an org, found by its stream, its type, who did it or what it belongs to: the timeline of one thing and the
//! history of all. Not here: what an event says, which stays in the ledger, and so does everything personal.

mod query;

#[cfg(test)]
mod tests;

use compact_str::{CompactString, ToCompactString};
use uuid::Uuid;
use xentri_domain::kernel::{OrgId, Timestamp, UserId};

use crate::kit::{FoldError, LedgerEvent, NoSum, Projection, row};

pub use query::{HistoryFilter, HistoryPart, history_in_tx, latest_in_tx, timeline_in_tx};

row! {
    /// An event.
    pub struct AuditRow in "audit" {
        pub org_id: OrgId,
        pub id: Uuid,
        pub org_seq: i64,
        pub stream_type: CompactString,
        pub stream_id: Uuid,
        pub version: i64,
        pub event_type: CompactString,
        pub context: CompactString,
        pub actor_type: CompactString,
        pub actor_id: CompactString,
        pub correlation_id: Option<Uuid>,
        pub causation_id: Option<Uuid>,
        pub occurred_at: Timestamp,
        pub recorded_at: Timestamp,
        pub source: CompactString,
        pub command: CompactString,
        pub reason: Option<CompactString>,
        pub on_behalf_of: Option<UserId>,
    }
}

#[derive(Debug)]
pub struct Audit;

impl Projection for Audit {
    const NAME: &'static str = "audit";
    const VERSION: i32 = 1;
    const ONCE: bool = true;
    type Row = AuditRow;
    type Sum = NoSum;

    fn keys(event: &LedgerEvent) -> Vec<Uuid> {
        vec![event.envelope.id.uuid()]
    }

    fn makes_anew(_event: &LedgerEvent) -> bool {
        true
    }

    fn fold(_key: Uuid, _row: Option<AuditRow>, event: &LedgerEvent) -> Result<Option<AuditRow>, FoldError> {
        let (envelope, meta, stream) = (&event.envelope, &event.envelope.meta, event.stream());
        let kind = event.payload().kind();
        Ok(Some(AuditRow {
            org_id: event.org(),
            id: envelope.id.uuid(),
            org_seq: i64::try_from(event.org_seq).map_err(|_| FoldError::OutOfRange("org_seq"))?,
            stream_type: stream.stream_type.into(),
            stream_id: stream.id.uuid(),
            version: event.version(),
            event_type: kind.type_name.into(),
            context: kind.context.to_compact_string(),
            actor_type: envelope.actor.kind().into(),
            actor_id: envelope.actor.id().into(),
            correlation_id: envelope.correlation_id.map(Into::into),
            causation_id: envelope.causation_id.map(Into::into),
            occurred_at: envelope.occurred_at,
            recorded_at: event.recorded_at,
            source: meta.source.to_compact_string(),
            command: meta.command.to_compact_string(),
            reason: meta.reason.as_ref().map(ToCompactString::to_compact_string),
            on_behalf_of: meta.on_behalf_of,
        }))
    }
}
