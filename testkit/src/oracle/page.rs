//! Pages: what is edited, and what of it is live.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Fold;
use super::event::Event;
use super::table::{Rows, Sums, Table, set_all, take_over};

#[derive(Default)]
pub(super) struct Pages {
    rows: Rows,
    /// What each page had on it when its publishing began: that goes live.
    building: BTreeMap<(String, String), Value>,
}

impl Fold for Pages {
    fn take(&mut self, event: &Event) {
        if event.stream_type() != "page" {
            return;
        }
        match event.kind() {
            "page.created" => self.rows.begin(
                event,
                json!({ "site_id": event.payload()["site_id"], "state": "draft", "publish_id": null,
                        "publish_error": null, "live_path": null, "live_title": null, "live_blocks": null,
                        "live_at": null, "url": null, "build_id": null }),
            ),
            "page.removed" => return self.rows.end(event),
            _ => {}
        }
        self.page(event);
    }

    fn tables(self: Box<Self>) -> Vec<Table> {
        let mut counts = Sums::new();
        for row in self.rows.all() {
            let group = json!({ "org_id": row["org_id"], "site_id": row["site_id"], "state": row["state"] });
            counts.add(&group, &[("pages", 1)]);
        }
        let counts = counts.into_table("pages", "page_counts", &["org_id", "site_id", "state"]);
        vec![self.rows.into_table("pages", "pages"), counts]
    }
}

impl Pages {
    fn page(&mut self, event: &Event) {
        let payload = event.payload();
        let row = self.rows.change(event);
        match event.kind() {
            "page.created" | "page.updated" => {
                row["state"] = json!("draft");
                take_over(row, payload, &["path", "title", "blocks"]);
            }
            "page.preview_requested" => row["state"] = json!("preview"),
            "page.editing_resumed" => row["state"] = json!("draft"),
            "page.publish_started" => {
                let id = &payload["publish_id"];
                set_all(row, json!({ "state": "publishing", "publish_id": id, "publish_error": null }));
                self.building.insert(event.stream(), row["blocks"].clone());
            }
            "content.published" => {
                set_all(
                    row,
                    json!({ "state": "live", "publish_id": null, "live_path": payload["path"],
                            "live_title": payload["title"], "live_at": event.recorded_at }),
                );
                row["live_blocks"] = self.building.remove(&event.stream()).expect("its publishing began");
                take_over(row, payload, &["url", "build_id"]);
            }
            "page.publish_failed" => {
                self.building.remove(&event.stream());
                let error = &payload["error"];
                set_all(row, json!({ "state": "failed", "publish_id": null, "publish_error": error }));
            }
            other => panic!("the oracle knows no {other} of a page"),
        }
    }
}
