mod stored;

use serde_json::{Value, json};

use super::{PageRow, Pages};
use crate::given::{Given, every_kind_counts, id, moment, written};
use crate::kit::{Document, FoldError};

const PAGE: u64 = 1;
const SITE: u64 = 2;

fn blocks(text: &str) -> Value {
    json!([{ "type": "text", "text": text }])
}

/// Type and what its payload has beside the site, as they follow each other.
fn given(events: &[(&str, Value)]) -> Given<Pages> {
    let mut page = Given::new();
    let created = json!({ "path": "/bread", "title": "Bread", "blocks": blocks("Rye") });
    for (name, payload) in [("page.created", created)].iter().chain(events) {
        let mut payload = payload.clone();
        payload["site_id"] = json!(written(SITE));
        page.then(id(PAGE), &format!("xentri.{name}.v1"), payload);
    }
    page
}

fn after(events: &[(&str, Value)]) -> PageRow {
    given(events).row(id(PAGE)).clone()
}

fn previewed() -> (&'static str, Value) {
    ("page.preview_requested", json!({}))
}

fn started() -> (&'static str, Value) {
    ("page.publish_started", json!({ "publish_id": written(9) }))
}

fn published(path: &str, title: &str, build_id: &str) -> (&'static str, Value) {
    let payload = json!({ "publish_id": written(9), "path": path, "title": title, "url": "https://bakery.example",
                          "build_id": build_id });
    ("content.published", payload)
}

fn live() -> Vec<(&'static str, Value)> {
    vec![previewed(), started(), published("/bread", "Bread", "b-1")]
}

#[test]
fn a_new_page_is_a_draft_that_nobody_sees() {
    let expected = PageRow {
        org_id: given(&[]).org,
        id: id(PAGE),
        version: 1,
        created_at: moment(1),
        updated_at: moment(1),
        site_id: id(SITE),
        state: "draft".into(),
        path: "/bread".into(),
        title: "Bread".into(),
        blocks: Document(blocks("Rye")),
        publish_id: None,
        publish_error: None,
        live_path: None,
        live_title: None,
        live_blocks: None,
        live_at: None,
        url: None,
        build_id: None,
    };
    assert_eq!(after(&[]), expected);
}

#[test]
fn a_page_is_previewed_and_edited_again() {
    assert_eq!(after(&[previewed()]).state, "preview");
    let row = after(&[previewed(), ("page.editing_resumed", json!({}))]);
    assert_eq!(row, PageRow { version: 3, updated_at: moment(3), ..after(&[]) });
    let row = after(&[previewed(), ("page.updated", json!({ "title": "Breads" }))]);
    let expected = PageRow { version: 3, updated_at: moment(3), title: "Breads".into(), ..after(&[]) };
    assert_eq!(row, expected);
}

#[test]
fn a_published_page_shows_what_was_edited_last() {
    let row = after(&[previewed(), started()]);
    assert_eq!((row.state.as_str(), row.publish_id), ("publishing", Some(id(9))));
    let expected = PageRow {
        version: 4,
        updated_at: moment(4),
        state: "live".into(),
        live_path: Some("/bread".into()),
        live_title: Some("Bread".into()),
        live_blocks: Some(Document(blocks("Rye"))),
        live_at: Some(moment(4)),
        url: Some("https://bakery.example".into()),
        build_id: Some("b-1".into()),
        ..after(&[])
    };
    assert_eq!(after(&live()), expected);
}

#[test]
fn the_live_version_stays_while_another_is_edited() {
    let mut events = live();
    let update = json!({ "path": "/loaves", "title": "Loaves", "blocks": blocks("Wheat") });
    events.push(("page.updated", update));
    let row = after(&events);
    let expected = PageRow {
        version: 5,
        updated_at: moment(5),
        state: "draft".into(),
        path: "/loaves".into(),
        title: "Loaves".into(),
        blocks: Document(blocks("Wheat")),
        ..after(&live())
    };
    assert_eq!(row, expected);
    events.extend([previewed(), started(), published("/loaves", "Loaves", "b-2")]);
    let row = after(&events);
    assert_eq!((row.live_path.as_deref(), row.live_title.as_deref()), (Some("/loaves"), Some("Loaves")));
    assert_eq!((row.live_blocks, row.build_id.as_deref()), (Some(Document(blocks("Wheat"))), Some("b-2")));
}

#[test]
fn a_failed_page_says_why_until_the_next_publishing_begins() {
    let failed = ("page.publish_failed", json!({ "publish_id": written(9), "error": "No flour." }));
    let mut events = live();
    events.extend([("page.updated", json!({ "title": "Loaves" })), previewed(), started(), failed]);
    let row = after(&events);
    assert_eq!((row.state.as_str(), row.publish_error.as_deref()), ("failed", Some("No flour.")));
    assert_eq!((row.publish_id, row.live_title.as_deref()), (None, Some("Bread")));
    events.extend([("page.updated", json!({})), previewed()]);
    let row = after(&events);
    assert_eq!((row.state.as_str(), row.publish_error.as_deref()), ("preview", Some("No flour.")));
    events.push(started());
    assert_eq!(after(&events).publish_error, None);
}

#[test]
fn a_removed_page_has_no_row_and_takes_no_more_events() {
    let mut events = live();
    events.push(("page.removed", json!({ "path": "/bread", "was_live": true, "live_path": "/bread" })));
    let mut page = given(&events);
    assert!(page.rows.is_empty());
    let resumed =
        page.try_then(id(PAGE), "xentri.page.editing_resumed.v1", json!({ "site_id": written(SITE) }));
    assert_eq!(resumed, Err(FoldError::NoRow));
}

#[test]
fn every_kind_of_event_counts() {
    let ending = ["xentri.page.removed.v1"];
    every_kind_counts::<Pages>("page", "xentri.page.created.v1", &ending, |row| {
        (row.version, row.updated_at)
    });
}
