//! Sites and their pages, and how many there are in which state.

use serde_json::{Value, json};

use super::Fold;
use super::event::Event;
use super::table::{Rows, Sums, Table, set_all, take_over};

#[derive(Default)]
pub(super) struct Sites(Rows);

impl Fold for Sites {
    fn take(&mut self, event: &Event) {
        if event.stream_type() != "site" {
            return;
        }
        let payload = event.payload();
        if event.kind() == "site.created" {
            self.0.begin(
                event,
                json!({ "state": "ready", "publish_id": null, "publishing_since": null, "complete_by": null,
                        "published_at": null, "url": null, "build_id": null, "publish_error": null }),
            );
        }
        let row = self.0.change(event);
        match event.kind() {
            "site.created" | "site.settings_changed" => take_over(row, payload, &["name", "slug"]),
            "website.publish_started" => set_all(
                row,
                json!({ "state": "publishing", "publish_id": payload["publish_id"], "publish_error": null,
                        "publishing_since": event.recorded_at, "complete_by": payload["complete_by"] }),
            ),
            "website.published" => {
                ended(row);
                row["published_at"] = json!(event.recorded_at);
                take_over(row, payload, &["url", "build_id"]);
            }
            "website.publish_failed" => {
                ended(row);
                row["publish_error"] = payload["error"].clone();
            }
            other => panic!("the oracle knows no {other} of a site"),
        }
    }

    fn tables(self: Box<Self>) -> Vec<Table> {
        let mut counts = Sums::new();
        for row in self.0.all() {
            counts.add(&json!({ "org_id": row["org_id"], "state": row["state"] }), &[("sites", 1)]);
        }
        let counts = counts.into_table("sites", "site_counts", &["org_id", "state"]);
        vec![self.0.into_table("sites", "sites"), counts]
    }
}

/// Publishing is.
fn ended(row: &mut Value) {
    let over = json!({ "state": "ready", "publish_id": null, "publishing_since": null, "complete_by": null });
    set_all(row, over);
}
