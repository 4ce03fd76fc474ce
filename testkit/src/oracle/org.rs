//! The org with its settings.

use serde_json::json;

use super::Fold;
use super::event::Event;
use super::table::{Rows, Table, take_over};

const SETTINGS: &[&str] = &["name", "time_zone", "currency", "language", "invoice_prefix"];

#[derive(Default)]
pub(super) struct Orgs(Rows);

impl Fold for Orgs {
    fn take(&mut self, event: &Event) {
        match event.kind() {
            "org.created" => {
                let external_id = event.payload().get("external_id");
                self.0.begin(event, json!({ "external_id": external_id }));
                take_over(self.0.change(event), event.payload(), SETTINGS);
            }
            "org.settings_changed" => take_over(self.0.change(event), event.payload(), SETTINGS),
            _ => {}
        }
    }

    fn tables(self: Box<Self>) -> Vec<Table> {
        vec![self.0.into_table("org", "orgs")]
    }
}
