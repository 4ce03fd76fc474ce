//! What deserves attention, and who does not want to see it any more.
//!
//! Here items are kept by what they are about, its matter and the scope; which event says what of a matter stands in
//! `lead`, `brief`, `invoice` and `website`.

mod brief;
mod dismissal;
mod invoice;
mod lead;
mod people;
mod saying;
mod website;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::Fold;
use super::event::Event;
use super::table::Table;
use people::People;
use saying::{Change, Say, scopes};

pub(super) use dismissal::Dismissals;

/// Every id that is made of words is made in it.
const NAMESPACE: Uuid = Uuid::from_u128(0x7c01_a8d2_6ee2_45ec_af76_12a7_a50b_53e3);

/// Org, type and id of what it is about, its matter, and which one where a thing has several such.
type Matter = (String, String, String, &'static str, String);

#[derive(Default)]
pub(super) struct Pulse {
    /// From the module up.
    items: BTreeMap<Matter, Vec<Value>>,
    people: People,
}

impl Fold for Pulse {
    fn take(&mut self, event: &Event) {
        let changes = match event.stream_type() {
            "brief" => brief::changes(event),
            "lead" => lead::changes(event),
            "invoice" => invoice::changes(event),
            "site" | "page" => website::changes(event),
            "pulse_item" => return self.people.take(event),
            _ => return,
        };
        for change in changes {
            self.change(event, change);
        }
    }

    fn tables(self: Box<Self>) -> Vec<Table> {
        let rows = self.items.into_values().flatten().chain(self.people.into_rows());
        vec![Table::new("pulse", "pulse_items", &["org_id", "item_id"], rows)]
    }
}

impl Pulse {
    fn change(&mut self, event: &Event, change: Change) {
        let matter = |matter, which: &str| {
            let (org, id) = event.stream();
            (org, event.stream_type().to_owned(), id, matter, which.to_owned())
        };
        match change {
            Change::Say(say) => {
                self.items.insert(matter(say.matter, say.which), items(event, &say));
            }
            Change::Settle(what, which) => {
                self.items.remove(&matter(what, which));
            }
            Change::Restate(what, argument, value) => {
                for item in self.items.get_mut(&matter(what, "")).into_iter().flatten() {
                    item["arguments"][argument] = value.clone();
                    stamp(item, event);
                }
            }
            Change::Queue(id, say) => {
                let queue = self.items.entry(matter(say.matter, say.which)).or_default();
                enqueue(queue, event, &id, &say);
            }
            Change::Unqueue(what, id) => {
                let key = matter(what, "");
                let left = self.items.get_mut(&key).is_some_and(|queue| leave(queue, event, &id));
                if !left {
                    self.items.remove(&key);
                }
            }
        }
    }
}

fn stamp(item: &mut Value, event: &Event) {
    item["version"] = event.version().clone();
    item["updated_at"] = json!(event.recorded_at);
}

/// One item at each scope that wants to see it, made of the one below.
fn items(event: &Event, say: &Say) -> Vec<Value> {
    let id = |scope: &str| {
        let name = format!("{}/{scope}/{}", event.id(), say.rule);
        Uuid::new_v5(&NAMESPACE, name.as_bytes()).to_string()
    };
    let scopes = scopes(event.stream_type());
    let at = |(level, importance): (usize, &i64)| {
        json!({
            "org_id": event.org(),
            "item_id": id(scopes[level]),
            "scope": scopes[level],
            "source_event_id": event.id(),
            "about_type": event.stream_type(),
            "about_id": event.stream_id(),
            "importance": importance,
            "title_key": format!("{}.title", say.rule),
            "summary_key": format!("{}.summary", say.rule),
            "arguments": say.arguments,
            "action_required": say.is_task,
            "action_url": say.action_url,
            "visible_from": say.visible_from,
            "expires_at": say.expires_at,
            "created_at": event.recorded_at,
            "promoted_from": level.checked_sub(1).map(|below| id(scopes[below])),
            "waiting": [],
            "version": event.version(),
            "updated_at": event.recorded_at,
        })
    };
    say.importance.iter().enumerate().map(at).collect()
}

/// The item is that of the first one that is due; all of them stand in it.
fn enqueue(queue: &mut Vec<Value>, event: &Event, id: &str, say: &Say) {
    let mut new = items(event, say).swap_remove(0);
    let entry = json!({
        "which": id, "item_id": new["item_id"], "source_event_id": new["source_event_id"],
        "promoted_from": new["promoted_from"], "visible_from": new["visible_from"],
        "created_at": new["created_at"], "arguments": new["arguments"],
    });
    let mut waiting = queue.pop().map_or_else(|| json!([]), |item| item["waiting"].clone());
    waiting.as_array_mut().unwrap().push(entry);
    new["waiting"] = waiting;
    show_first(&mut new);
    queue.push(new);
}

/// False where nothing waits any more.
fn leave(queue: &mut [Value], event: &Event, id: &str) -> bool {
    for item in queue {
        let waiting = item["waiting"].as_array_mut().unwrap();
        waiting.retain(|entry| entry["which"] != id);
        if waiting.is_empty() {
            return false;
        }
        stamp(item, event);
        show_first(item);
    }
    true
}

fn show_first(item: &mut Value) {
    let waiting = item["waiting"].as_array_mut().unwrap();
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap().to_owned();
    waiting.sort_by_key(|entry| (text(entry, "visible_from"), text(entry, "source_event_id")));
    let first = waiting[0].clone();
    for field in ["item_id", "source_event_id", "promoted_from", "visible_from", "created_at", "arguments"] {
        item[field] = first[field].clone();
    }
}
