//! What people and agents bring to somebody's attention, and what they promote.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::event::Event;
use super::super::table::set_all;

/// By org and item.
#[derive(Default)]
pub(super) struct People(BTreeMap<(String, String), Value>);

impl People {
    pub(super) fn take(&mut self, event: &Event) {
        match event.kind() {
            "pulse.raised" => self.raise(event),
            "pulse.promoted" => self.promote(event),
            other => panic!("the oracle knows no {other} of an item"),
        }
    }

    pub(super) fn into_rows(self) -> impl Iterator<Item = Value> {
        self.0.into_values()
    }

    fn raise(&mut self, event: &Event) {
        let payload = event.payload();
        let mut row = blank(event, event.stream_id());
        let summary = payload.get("summary");
        row["title_key"] = json!("raised.title");
        row["arguments"]["title"] = json!({ "text": payload["title"] });
        if let Some(summary) = summary {
            row["summary_key"] = json!("raised.summary");
            row["arguments"]["summary"] = json!({ "text": summary });
        }
        for column in ["scope", "importance", "action_required", "action_url", "visible_from", "expires_at"] {
            row[column] = payload[column].clone();
        }
        self.0.insert(event.stream(), row);
    }

    /// At the higher scope it is an item of its own, which says no more than where it came from.
    fn promote(&mut self, event: &Event) {
        let payload = event.payload();
        let item = payload["item_id"].as_str().unwrap();
        let row =
            self.0.entry((event.org().to_owned(), item.to_owned())).or_insert_with(|| blank(event, item));
        set_all(
            row,
            json!({ "scope": payload["scope"], "importance": payload["importance"],
                    "promoted_from": event.stream_id(), "version": event.version(),
                    "updated_at": event.recorded_at }),
        );
    }
}

fn blank(event: &Event, item: &str) -> Value {
    json!({
        "org_id": event.org(), "id": item, "item_id": item, "source_event_id": event.id(),
        "about_type": event.stream_type(), "about_id": event.stream_id(), "title_key": null, "summary_key": null,
        "arguments": {}, "action_required": false, "action_url": null, "visible_from": null, "expires_at": null,
        "created_at": event.recorded_at, "promoted_from": null, "waiting": [], "version": event.version(),
        "updated_at": event.recorded_at,
    })
}
