use serde_json::json;

use super::Items;
use crate::given::{id, written};

const WEBSITE: &str = "module.website";

fn previewed() -> Items {
    let mut items = Items::new();
    items.then(id(2), "xentri.page.preview_requested.v1", json!({ "site_id": written(1) }));
    assert_eq!(items.titles(WEBSITE), ["A page waits to be published"]);
    items
}

fn publishing() -> Items {
    let mut items = previewed();
    let started = json!({ "publish_id": written(7), "page_ids": [written(2)],
                          "complete_by": "2026-03-02T12:15:00Z" });
    items.then(id(1), "xentri.website.publish_started.v1", started);
    let started = json!({ "site_id": written(1), "publish_id": written(7) });
    items.then(id(2), "xentri.page.publish_started.v1", started);
    items
}

#[test]
fn a_page_in_preview_waits_until_it_is_published_or_edited() {
    assert_eq!(publishing().shown(), []);
    for (type_name, payload) in [
        ("xentri.page.editing_resumed.v1", json!({ "site_id": written(1) })),
        ("xentri.page.updated.v1", json!({ "site_id": written(1), "title": "Bread" })),
        ("xentri.page.removed.v1", json!({ "site_id": written(1), "path": "/", "was_live": false })),
    ] {
        let mut items = previewed();
        items.then(id(2), type_name, payload);
        assert_eq!(items.shown(), [], "{type_name}");
    }
}

#[test]
fn a_failed_publishing_is_shown_until_the_next_one_starts() {
    let mut items = publishing();
    let failed = json!({ "publish_id": written(7), "page_ids": [written(2)], "error": "No disk" });
    items.then(id(1), "xentri.website.publish_failed.v1", failed);
    let title = "Publishing the website failed";
    let shown = [("subcategory.web", 2), (WEBSITE, 1), ("category.brand", 3)];
    assert_eq!(items.shown(), shown.map(|(scope, n)| (scope.to_owned(), n, title.to_owned())));
    let started = json!({ "publish_id": written(8), "page_ids": [written(2)],
                          "complete_by": "2026-03-02T13:15:00Z" });
    items.then(id(1), "xentri.website.publish_started.v1", started);
    assert_eq!(items.shown(), []);
}

#[test]
fn a_published_site_is_news_with_its_address() {
    let mut items = publishing();
    let done = json!({ "publish_id": written(7), "page_ids": [written(2)],
                       "url": "https://bakery.example", "build_id": "b1" });
    items.then(id(1), "xentri.website.published.v1", done);
    assert_eq!(items.titles("subcategory.web"), ["Website published"]);
    let item = items.at(WEBSITE);
    assert_eq!(item.action_url.as_deref(), Some("https://bakery.example"));
    assert_eq!(super::in_english().summary(item, &[]).as_deref(), Some("Pages that went live: 1."));
}

#[test]
fn a_live_page_that_is_removed_is_news() {
    let mut items = previewed();
    let removed = json!({ "site_id": written(1), "path": "/", "was_live": true, "live_path": "/" });
    items.then(id(2), "xentri.page.removed.v1", removed);
    assert_eq!(items.titles(WEBSITE), ["A live page was removed"]);
}
