//! What deserves attention, at each scope.
//!
//! Rules make items of other aggregates' events (`rules`); people and agents raise and promote some themselves. A row
//! is a *place*: a thing, a matter of it and a scope. The newest item about the matter stands there, and the row goes when
//! the matter is settled, so that what is open stays little. Not here: who has dismissed what (`pulse_dismissals`).

mod argument;
mod item;
mod names;
mod query;
mod queue;
mod rule;
mod rules;
mod texts;

#[cfg(test)]
mod tests;

use std::rc::Rc;

use compact_str::{ToCompactString as _, format_compact};
use serde_json::json;
use uuid::Uuid;
use xentri_domain::kernel::{PulseItemId, Scope};
use xentri_domain::pulse::ItemEvent;
use xentri_domain::registry::Event;

use crate::kit::{Document, FoldError, LedgerEvent, NoSum, Projection};
use rule::{Effect, Finding, Touch};

pub use argument::Argument;
pub use item::PulseItemRow;
pub use names::{ItemNames, Sees, item_names_in_tx};
pub use query::{ItemPlace, Look, items_in_tx, landing_in_tx};
pub use texts::{Names, Writer};

#[derive(Debug)]
pub struct PulseItems;

impl Projection for PulseItems {
    const NAME: &'static str = "pulse";
    const VERSION: i32 = 1;
    const STREAMS: &'static [&'static str] = &["brief", "invoice", "lead", "page", "pulse_item", "site"];
    type Row = PulseItemRow;
    type Sum = NoSum;

    fn keys(event: &LedgerEvent) -> Vec<Uuid> {
        match event.payload() {
            Event::PulseItem(ItemEvent::Raised(_)) => vec![event.stream_id()],
            Event::PulseItem(ItemEvent::Promoted(promoted)) => vec![promoted.item_id.uuid()],
            _ => places(event).map(|place| place.id).collect(),
        }
    }

    fn makes_anew(event: &LedgerEvent) -> bool {
        match event.payload() {
            Event::PulseItem(ItemEvent::Raised(_)) => true,
            Event::PulseItem(ItemEvent::Promoted(_)) => false,
            _ => rules::touches(event)
                .is_none_or(|(_, touches)| touches.iter().all(|touch| touch.effect.makes_anew())),
        }
    }

    fn fold(
        key: Uuid,
        row: Option<PulseItemRow>,
        event: &LedgerEvent,
    ) -> Result<Option<PulseItemRow>, FoldError> {
        match event.payload() {
            Event::PulseItem(ItemEvent::Raised(raised)) => Ok(Some(PulseItemRow::raised(event, raised))),
            Event::PulseItem(ItemEvent::Promoted(promoted)) => {
                Ok(Some(PulseItemRow::promoted(row, event, promoted)))
            }
            _ => match places(event).find(|place| place.id == key) {
                Some(place) => place.after(row, event),
                None => Ok(row),
            },
        }
    }
}

/// Where an event changes something.
struct Place {
    id: Uuid,
    scope: Scope,
    /// The scope below, which an item here was promoted from.
    below: Option<Scope>,
    /// How many scopes are below.
    level: usize,
    touch: Rc<Touch>,
}

/// Made one by one: whoever looks for a place needs no id of those behind it.
fn places(event: &LedgerEvent) -> impl Iterator<Item = Place> {
    let touched = rules::touches(event).into_iter();
    let touched = touched.flat_map(|(module, touches)| touches.into_iter().map(move |touch| (module, touch)));
    touched.flat_map(move |(module, touch)| {
        let touch = Rc::new(touch);
        let mut below = None;
        module.scopes(touch.matter).enumerate().map(move |(level, scope)| Place {
            id: touch.place(event, scope),
            scope,
            below: below.replace(scope),
            level,
            touch: touch.clone(),
        })
    })
}

impl Place {
    /// What stands here after the event. What this scope does not want to see has no row.
    fn after(
        &self,
        row: Option<PulseItemRow>,
        event: &LedgerEvent,
    ) -> Result<Option<PulseItemRow>, FoldError> {
        Ok(match (&self.touch.effect, row) {
            (Effect::Becomes(finding), _) => self.item(finding, event),
            (Effect::Amends(arguments), Some(row)) => Some(row.amended(arguments, event)),
            (Effect::Joins(which, finding), row) => match self.item(finding, event) {
                Some(item) => Some(queue::join(row, *which, item)?),
                None => row,
            },
            (Effect::Leaves(which), Some(row)) => queue::leave(row, *which, event)?,
            (Effect::Ends, _) | (Effect::Amends(_) | Effect::Leaves(_), None) => None,
        })
    }

    /// None where nobody wants to see it at this scope.
    fn item(&self, finding: &Finding, event: &LedgerEvent) -> Option<PulseItemRow> {
        let of = |scope| PulseItemId::of(event.envelope.id, scope, finding.rule.name).uuid();
        Some(PulseItemRow {
            org_id: event.org(),
            id: self.id,
            item_id: of(self.scope),
            scope: self.scope.to_compact_string(),
            source_event_id: event.envelope.id.uuid(),
            about_type: event.stream().stream_type.into(),
            about_id: event.stream_id(),
            importance: finding.importance_at(self.level)?,
            title_key: Some(format_compact!("{}.title", finding.rule.name)),
            summary_key: Some(format_compact!("{}.summary", finding.rule.name)),
            arguments: Document(argument::to_json(&finding.arguments)),
            action_required: finding.rule.action_required,
            action_url: finding.action_url.clone(),
            visible_from: finding.begins(event),
            expires_at: finding.ends(event),
            created_at: event.recorded_at,
            promoted_from: self.below.map(of),
            waiting: Document(json!([])),
            version: event.version(),
            updated_at: event.recorded_at,
        })
    }
}
