//! Items of one rule that wait at one place: of a lead's follow-ups, the one that is due first is shown. They are in one
//! row, because an event that ends them all names none of them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::item::PulseItemRow;
use crate::kit::{Document, FoldError, LedgerEvent};

/// What differs between items of one place.
fn entry(which: Uuid, item: &PulseItemRow) -> Value {
    json!({
        "which": which.to_string(),
        "item_id": item.item_id.to_string(),
        "source_event_id": item.source_event_id.to_string(),
        "promoted_from": item.promoted_from.map(|id| id.to_string()),
        "visible_from": item.visible_from,
        "created_at": item.created_at,
        "arguments": item.arguments.0,
    })
}

pub(super) fn join(
    row: Option<PulseItemRow>,
    which: Uuid,
    item: PulseItemRow,
) -> Result<PulseItemRow, FoldError> {
    let new = entry(which, &item);
    let (version, updated_at) = (item.version, item.updated_at);
    let mut row = PulseItemRow { version, updated_at, ..row.unwrap_or(item) };
    let mut waiting = waiting(&row);
    waiting.push(new);
    waiting.sort_by(|one, other| order(one).cmp(&order(other)));
    row.waiting = Document(waiting.into());
    shown(row)
}

/// None when nothing waits any more.
pub(super) fn leave(
    row: PulseItemRow,
    which: Uuid,
    event: &LedgerEvent,
) -> Result<Option<PulseItemRow>, FoldError> {
    let mut waiting = waiting(&row);
    waiting.retain(|one| one["which"] != which.to_string());
    if waiting.is_empty() {
        return Ok(None);
    }
    let (version, updated_at) = (event.version(), event.recorded_at);
    shown(PulseItemRow { waiting: Document(waiting.into()), version, updated_at, ..row }).map(Some)
}

fn waiting(row: &PulseItemRow) -> Vec<Value> {
    row.waiting.0.as_array().cloned().unwrap_or_default()
}

/// Moments are written with the same number of digits always.
fn order(entry: &Value) -> (Option<&str>, Option<&str>) {
    (entry["visible_from"].as_str(), entry["source_event_id"].as_str())
}

/// The row as its first entry has it.
fn shown(row: PulseItemRow) -> Result<PulseItemRow, FoldError> {
    const BAD: FoldError = FoldError::OutOfRange("waiting");
    let first = &row.waiting.0[0];
    let text = |name: &str| first[name].as_str();
    let id = |name: &str| text(name).map(|id| id.parse::<Uuid>().map_err(|_| BAD)).transpose();
    let moment = |name: &str| text(name).map(|moment| moment.parse().map_err(|_| BAD)).transpose();
    let (item_id, source_event_id) = (id("item_id")?.ok_or(BAD)?, id("source_event_id")?.ok_or(BAD)?);
    let (promoted_from, visible_from) = (id("promoted_from")?, moment("visible_from")?);
    let created_at = moment("created_at")?.ok_or(BAD)?;
    let arguments = Document(first["arguments"].clone());
    Ok(PulseItemRow { item_id, source_event_id, arguments, visible_from, created_at, promoted_from, ..row })
}
