//! An item as a reader sees it.

use serde_json::{Value, json};
use xentri_projections::pulse::{ItemNames, PulseItemRow, Writer};

/// What is not there is null.
pub(super) fn shown(row: &PulseItemRow, names: &ItemNames, writer: &Writer<'_>) -> Value {
    let about = names.get(&row.about_id).map(|(word, name)| (*word, name.as_str()));
    let about = about.as_slice();
    json!({
        "id": row.item_id.to_string(),
        "scope": row.scope,
        "source_event_id": row.source_event_id.to_string(),
        "importance": row.importance,
        "title": writer.title(row, about),
        "summary": writer.summary(row, about),
        "action_required": row.action_required,
        "action_url": row.action_url,
        "visible_from": row.visible_from,
        "expires_at": row.expires_at,
        "created_at": row.created_at,
        "promoted_from": row.promoted_from.map(|id| id.to_string()),
        "about": { "type": row.about_type, "id": row.about_id.to_string() },
    })
}
