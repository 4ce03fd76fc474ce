//! What readers ask of the audit: stretches of an org's history, in the order of `org_seq`.

use std::collections::{BTreeSet, HashMap};

use sqlx::QueryBuilder;
use sqlx::postgres::Postgres;
use uuid::Uuid;
use xentri_domain::kernel::{Actor, CorrelationId};
use xentri_ledger::{DatabaseError, TenantTx};

use super::{Audit, AuditRow};
use crate::kit::{Projection as _, Row as _, RowPage, columns_out};

/// Which events; each field that is none, or empty, leaves them all. What there are most of decides how much is read: with
/// several fields, each event that one of them finds may have to be looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    pub types: BTreeSet<String>,
    pub actor: Option<Actor>,
    pub correlation: Option<CorrelationId>,
    /// Its type and its id.
    pub stream: Option<(String, Uuid)>,
}

/// From which end, and how many at the most; numbers are those of `org_seq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryPart {
    /// From the beginning, or after that event.
    First { limit: u16, after: u64 },
    /// The newest ones, or those before that event.
    Last { limit: u16, before: Option<u64> },
}

/// The events of one stream.
pub async fn timeline_in_tx(
    tx: &mut TenantTx,
    stream_type: &str,
    stream_id: Uuid,
    part: HistoryPart,
) -> Result<RowPage<AuditRow>, DatabaseError> {
    let stream = Some((stream_type.to_owned(), stream_id));
    history_in_tx(tx, &HistoryFilter { stream, ..HistoryFilter::default() }, part).await
}

/// The newest events of each of these streams of one type, in their order: one statement for a whole list of streams. A stream
/// without events is missing.
pub async fn latest_in_tx(
    tx: &mut TenantTx,
    stream_type: &str,
    streams: &[Uuid],
    limit: u16,
) -> Result<HashMap<Uuid, Vec<AuditRow>>, DatabaseError> {
    let rows = latest(tx, stream_type, streams, limit).build().fetch_all(tx.connection()).await?;
    let mut by_stream: HashMap<Uuid, Vec<AuditRow>> = HashMap::new();
    for row in rows.iter().rev() {
        let row = AuditRow::read(row)?;
        by_stream.entry(row.stream_id).or_default().push(row);
    }
    Ok(by_stream)
}

/// A range of one index for each stream, the newest first.
pub(super) fn latest(
    tx: &TenantTx,
    stream_type: &str,
    streams: &[Uuid],
    limit: u16,
) -> QueryBuilder<Postgres> {
    let (columns, version) = (columns_out::<AuditRow>(), Audit::VERSION);
    let mut query = QueryBuilder::new("select found.* from unnest(");
    query.push_bind(streams.to_vec());
    query.push(format_args!(
        "::uuid[]) wanted(id) cross join lateral (select {columns} from read.audit_v{version} kept \
         where kept.stream_id = wanted.id and kept.org_id = "
    ));
    query.push_bind(tx.org().uuid());
    query.push(" and kept.stream_type = ").push_bind(stream_type.to_owned());
    query.push(" order by kept.org_seq desc limit ").push_bind(i64::from(limit));
    query.push(") found");
    query
}

/// Events in their order, from whichever end they are taken. Each type is a range of an index of its own, of which no more
/// is read than the page can show.
pub async fn history_in_tx(
    tx: &mut TenantTx,
    filter: &HistoryFilter,
    part: HistoryPart,
) -> Result<RowPage<AuditRow>, DatabaseError> {
    let rows = stretch(tx, filter, part).build().fetch_all(tx.connection()).await?;
    let rows = rows.iter().map(AuditRow::read).collect::<Result<_, _>>()?;
    Ok(match part {
        HistoryPart::First { limit, .. } => RowPage::cut(rows, limit),
        HistoryPart::Last { limit, .. } => {
            let mut page = RowPage::cut(rows, limit);
            page.rows.reverse();
            page
        }
    })
}

/// From the end that is wanted, and one event more.
pub(super) fn stretch(tx: &TenantTx, filter: &HistoryFilter, part: HistoryPart) -> QueryBuilder<Postgres> {
    let (limit, bound, beyond, towards) = match part {
        HistoryPart::First { limit, after } => (limit, after, ">", "asc"),
        HistoryPart::Last { limit, before } => (limit, before.unwrap_or(u64::MAX), "<", "desc"),
    };
    let mut query = matching(tx, filter);
    query.push(format_args!(" and kept.org_seq {beyond} "));
    query.push_bind(i64::try_from(bound).unwrap_or(i64::MAX));
    for table in ["kept", "found"] {
        query.push(format_args!(" order by {table}.org_seq {towards} limit "));
        query.push_bind(i64::from(limit) + 1);
        query.push(if table == "kept" { ") found" } else { "" });
    }
    query
}

/// The events that the filter finds of each of its types, as far as they can be told before they are put in order.
fn matching(tx: &TenantTx, filter: &HistoryFilter) -> QueryBuilder<Postgres> {
    let (columns, version) = (columns_out::<AuditRow>(), Audit::VERSION);
    let types: Vec<_> = filter.types.iter().cloned().collect();
    let mut query = QueryBuilder::new("select found.* from ");
    if types.is_empty() {
        query.push("(");
    } else {
        query
            .push("unnest(")
            .push_bind(types.clone())
            .push("::text[]) wanted(event_type) cross join lateral (");
    }
    query.push(format_args!("select {columns} from read.audit_v{version} kept where kept.org_id = "));
    query.push_bind(tx.org().uuid());
    if !types.is_empty() {
        query.push(" and kept.event_type = wanted.event_type");
    }
    if let Some(actor) = &filter.actor {
        query.push(" and kept.actor_id = ").push_bind(actor.id());
        query.push(" and kept.actor_type = ").push_bind(actor.kind());
    }
    if let Some(correlation) = filter.correlation {
        query.push(" and kept.correlation_id = ").push_bind(correlation.uuid());
    }
    if let Some((stream_type, id)) = &filter.stream {
        query.push(" and kept.stream_id = ").push_bind(*id);
        query.push(" and kept.stream_type = ").push_bind(stream_type.clone());
    }
    query
}
