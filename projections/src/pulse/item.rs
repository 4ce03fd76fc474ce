//! The row of an item.

use compact_str::{CompactString, ToCompactString};
use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_domain::pulse::{Promoted, Raised};

use super::argument::{Argument, to_json};
use crate::kit::{Document, LedgerEvent, row};

row! {
    /// The item that stands at a place.
    pub struct PulseItemRow in "pulse_items" {
        pub org_id: OrgId,
        pub id: Uuid,
        pub item_id: Uuid,
        pub scope: CompactString,
        pub source_event_id: Uuid,
        pub about_type: CompactString,
        pub about_id: Uuid,
        pub importance: i32,
        pub title_key: Option<CompactString>,
        pub summary_key: Option<CompactString>,
        pub arguments: Document,
        pub action_required: bool,
        pub action_url: Option<CompactString>,
        pub visible_from: Option<Timestamp>,
        pub expires_at: Option<Timestamp>,
        pub created_at: Timestamp,
        pub promoted_from: Option<Uuid>,
        pub waiting: Document,
        pub version: i64,
        pub updated_at: Timestamp,
    }
}

impl PulseItemRow {
    /// Its texts are arguments, the same in every language.
    pub(super) fn raised(event: &LedgerEvent, raised: &Raised) -> Self {
        let mut arguments = vec![("title", Argument::Text(raised.title.to_string()))];
        if let Some(summary) = &raised.summary {
            arguments.push(("summary", Argument::Text(summary.to_string())));
        }
        Self {
            scope: raised.scope.to_compact_string(),
            importance: raised.importance.get().into(),
            title_key: Some("raised.title".into()),
            summary_key: raised.summary.as_ref().map(|_| "raised.summary".into()),
            arguments: Document(to_json(&arguments)),
            action_required: raised.action_required,
            action_url: raised.action_url.as_ref().map(ToCompactString::to_compact_string),
            visible_from: raised.visible_from,
            expires_at: raised.expires_at,
            ..Self::blank(event, event.stream_id())
        }
    }

    /// An item of which only the id is known here: what it says is read where it came from. Promoted again, it is the
    /// same one with another importance.
    pub(super) fn promoted(before: Option<Self>, event: &LedgerEvent, promoted: &Promoted) -> Self {
        let row = before.unwrap_or_else(|| Self::blank(event, promoted.item_id.uuid()));
        Self {
            scope: promoted.scope.to_compact_string(),
            importance: promoted.importance.get().into(),
            promoted_from: Some(event.stream_id()),
            version: event.version(),
            updated_at: event.recorded_at,
            ..row
        }
    }

    fn blank(event: &LedgerEvent, id: Uuid) -> Self {
        Self {
            org_id: event.org(),
            id,
            item_id: id,
            scope: CompactString::default(),
            source_event_id: event.envelope.id.uuid(),
            about_type: event.stream().stream_type.into(),
            about_id: event.stream_id(),
            importance: 0,
            title_key: None,
            summary_key: None,
            arguments: Document(json!({})),
            action_required: false,
            action_url: None,
            visible_from: None,
            expires_at: None,
            created_at: event.recorded_at,
            promoted_from: None,
            waiting: Document(json!([])),
            version: event.version(),
            updated_at: event.recorded_at,
        }
    }

    /// It is the same item, which says something else now.
    pub(super) fn amended(mut self, arguments: &[(&'static str, Argument)], event: &LedgerEvent) -> Self {
        if let (Value::Object(said), Value::Object(new)) = (&mut self.arguments.0, to_json(arguments)) {
            said.extend(new);
        }
        Self { version: event.version(), updated_at: event.recorded_at, ..self }
    }
}
