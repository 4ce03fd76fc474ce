//! Which user has dismissed which item. Events say so, so a rebuild brings nothing back.

use compact_str::{CompactString, ToCompactString as _};
use uuid::Uuid;
use xentri_domain::kernel::{OrgId, PulseItemId, StreamId, Timestamp, UserId};
use xentri_domain::pulse::{Dismissed, InboxEvent};
use xentri_domain::registry::Event;

use crate::kit::{FoldError, LedgerEvent, NoSum, Projection, row};

#[cfg(test)]
mod tests;

row! {
    /// An item that a user no longer wants to see.
    pub struct DismissalRow in "pulse_dismissals" {
        pub org_id: OrgId,
        pub id: Uuid,
        pub user_id: UserId,
        pub item_id: Uuid,
        pub scope: CompactString,
        pub version: i64,
        pub updated_at: Timestamp,
    }
}

#[derive(Debug)]
pub struct PulseDismissals;

/// The same one, however often the user dismisses the item.
pub fn dismissal_id(org: OrgId, user: UserId, item: PulseItemId) -> Uuid {
    StreamId::natural(org, "pulse_dismissals", &format!("{user}/{item}")).uuid()
}

fn dismissed(event: &LedgerEvent) -> Option<(UserId, &Dismissed)> {
    match event.payload() {
        Event::PulseInbox(InboxEvent::Dismissed(dismissed)) => {
            Some((event.envelope.stream_id.into(), dismissed))
        }
        _ => None,
    }
}

impl Projection for PulseDismissals {
    const NAME: &'static str = "pulse_dismissals";
    const VERSION: i32 = 1;
    const STREAMS: &'static [&'static str] = &["pulse_inbox"];
    type Row = DismissalRow;
    type Sum = NoSum;

    fn keys(event: &LedgerEvent) -> Vec<Uuid> {
        dismissed(event)
            .map(|(user, dismissed)| dismissal_id(event.org(), user, dismissed.item_id))
            .into_iter()
            .collect()
    }

    fn fold(
        key: Uuid,
        row: Option<DismissalRow>,
        event: &LedgerEvent,
    ) -> Result<Option<DismissalRow>, FoldError> {
        let Some((user_id, dismissed)) = dismissed(event) else { return Ok(row) };
        Ok(Some(DismissalRow {
            org_id: event.org(),
            id: key,
            user_id,
            item_id: dismissed.item_id.uuid(),
            scope: dismissed.scope.to_compact_string(),
            version: event.version(),
            updated_at: event.recorded_at,
        }))
    }
}
