//! What of sites and their pages deserves attention.

use serde_json::json;

use super::super::event::Event;
use super::saying::{Change, Say};

pub(super) fn changes(event: &Event) -> Vec<Change> {
    let (payload, id) = (event.payload(), event.stream_id());
    let settle = |matter| Change::Settle(matter, "");
    let pages = || json!({ "count": payload["page_ids"].as_array().unwrap().len() });
    match event.kind() {
        "website.publish_started" => vec![settle("publishing")],
        "website.published" => {
            let say = Say::news("publishing", "site_published", 4, event, 7).with("pages", pages());
            let url = payload["url"].as_str().unwrap().to_owned();
            vec![say.promoted(&[(true, 4)]).at(url).into()]
        }
        "website.publish_failed" => {
            let say = Say::task("publishing", "site_publish_failed", 1).with("pages", pages());
            vec![say.promoted(&[(true, 2), (true, 3)]).at(format!("/brand/sites/{id}")).into()]
        }
        "page.preview_requested" => {
            vec![Say::task("preview", "page_to_publish", 4).at(format!("/brand/pages/{id}")).into()]
        }
        "page.updated" | "page.editing_resumed" | "page.publish_started" => vec![settle("preview")],
        "page.removed" => {
            let say = Say::news("offline", "page_taken_offline", 3, event, 7).promoted(&[(true, 4)]);
            let offline = (payload["was_live"] == true).then(|| say.into());
            [settle("preview")].into_iter().chain(offline).collect()
        }
        _ => Vec::new(),
    }
}
