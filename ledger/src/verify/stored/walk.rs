//! Walking over a stretch of the ledger: read in pages, looked at on another thread.

use std::ops::RangeInclusive;
use std::panic::resume_unwind;

use bytes::Bytes;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::copied;
use super::session::{AuditSession, Chunk, Copied};
use crate::database::DatabaseError;
use crate::verify::finding::{Finding, Reason};
use crate::verify::row::EventRow;

/// Rows of one statement. With few, shards that are read side by side stay close together.
const PAGE: u64 = 2000;
/// Chunks that wait to be looked at.
const AHEAD: usize = 4;

/// Some events, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stretch {
    /// By position.
    Shard(i32, RangeInclusive<i64>),
    /// By the org's own numbers.
    Org(i32, Uuid, RangeInclusive<i64>),
}

impl Stretch {
    /// Numbers that no event should have are read too, and found.
    pub(super) fn shard_up_to(shard: i32, position: i64) -> Self {
        Self::Shard(shard, i64::MIN..=position)
    }

    fn range(&self) -> &RangeInclusive<i64> {
        match self {
            Self::Shard(_, range) | Self::Org(_, _, range) => range,
        }
    }

    fn query(&self, from: i64, limit: u64) -> String {
        let (of, key) = match self {
            Self::Shard(shard, _) => (format!("shard = {shard}"), "position"),
            Self::Org(shard, org, _) => (format!("shard = {shard} and org_id = '{org}'"), "org_seq"),
        };
        let columns = copied::COLUMNS;
        // In quotes: the least number would be read as the negative of one that there is not.
        let between = format!("{key} between '{from}' and '{}'", self.range().end());
        format!("select {columns} from event where {of} and {between} order by {key} limit {limit}")
    }

    fn key(&self, row: &EventRow<'_>) -> i64 {
        match self {
            Self::Shard(..) => row.position,
            Self::Org(..) => row.org_seq,
        }
    }
}

/// Shows every row to `look`, until it fails. Gives back what it looked with, and how that ended.
pub(super) async fn walk<S, E>(
    session: &mut AuditSession,
    stretch: Stretch,
    state: S,
    look: impl FnMut(&mut S, &EventRow<'_>) -> Result<(), E> + Send + 'static,
) -> Result<(S, Result<(), E>), DatabaseError>
where
    S: Send + 'static,
    E: Send + 'static,
{
    let (sender, receiver) = mpsc::channel(AHEAD);
    let looking = spawn_blocking(move || look_at(receiver, state, look));
    let read = send(session, &stretch, sender).await;
    // Nothing aborts it, so it can only have panicked.
    let looked = looking.await.unwrap_or_else(|error| resume_unwind(error.into_panic()));
    read?;
    looked
}

/// The first event of a stretch.
pub(super) async fn first(
    session: &mut AuditSession,
    stretch: &Stretch,
) -> Result<Option<Bytes>, DatabaseError> {
    let (sender, mut receiver) = mpsc::channel(1);
    session.copy(&stretch.query(*stretch.range().start(), 1), &sender).await?;
    Ok(receiver.try_recv().ok().and_then(|chunk| chunk.into_iter().next()))
}

async fn send(
    session: &mut AuditSession,
    stretch: &Stretch,
    out: Sender<Chunk>,
) -> Result<(), DatabaseError> {
    let (mut from, to) = stretch.clone().range().clone().into_inner();
    while from <= to {
        let Copied::Whole(rows, Some(last)) = session.copy(&stretch.query(from, PAGE), &out).await? else {
            break;
        };
        let last = stretch.key(&copied::parse(&last)?);
        if rows < PAGE || last == i64::MAX {
            break;
        }
        from = last + 1;
    }
    Ok(())
}

fn look_at<S, E>(
    mut chunks: Receiver<Chunk>,
    mut state: S,
    mut look: impl FnMut(&mut S, &EventRow<'_>) -> Result<(), E>,
) -> Result<(S, Result<(), E>), DatabaseError> {
    while let Some(chunk) = chunks.blocking_recv() {
        for row in &chunk {
            if let Err(end) = look(&mut state, &copied::parse(row)?) {
                return Ok((state, Err(end)));
            }
        }
    }
    Ok((state, Ok(())))
}

/// Says what of an event was changed, as far as the org's next event tells.
pub(super) async fn narrow(session: &mut AuditSession, finding: Finding) -> Result<Finding, DatabaseError> {
    let (Some(shard), Some(next)) = (finding.shard, finding.org_seq.checked_add(1)) else {
        return Ok(finding);
    };
    if !matches!(finding.reason, Reason::Unfit { .. }) {
        return Ok(finding);
    }
    let row = first(session, &Stretch::Org(shard, finding.org_id, next..=next)).await?;
    let link = row.as_deref().map(copied::parse).transpose()?.and_then(|row| row.link());
    Ok(link.map_or(finding.clone(), |link| finding.narrowed_by(&link)))
}
