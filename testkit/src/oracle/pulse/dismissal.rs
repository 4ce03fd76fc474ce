//! Which user does not want to see which item any more.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::Fold;
use super::super::event::Event;
use super::super::table::Table;

/// By org, user and item: dismissed once more is dismissed.
#[derive(Default)]
pub(in super::super) struct Dismissals(BTreeMap<(String, String, String), Value>);

impl Fold for Dismissals {
    fn take(&mut self, event: &Event) {
        if event.kind() != "pulse.dismissed" {
            return;
        }
        // An inbox has the id of its user.
        let ((org, user), payload) = (event.stream(), event.payload());
        let row = json!({ "org_id": org, "user_id": user, "item_id": payload["item_id"], "scope": payload["scope"],
                          "version": event.version(), "updated_at": event.recorded_at });
        let item = payload["item_id"].as_str().unwrap().to_owned();
        self.0.insert((org, user, item), row);
    }

    fn tables(self: Box<Self>) -> Vec<Table> {
        let key = &["org_id", "user_id", "item_id"];
        vec![Table::new("pulse_dismissals", "pulse_dismissals", key, self.0.into_values())]
    }
}
