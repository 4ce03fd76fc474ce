mod stored;

use serde_json::{Value, json};
use xentri_domain::kernel::Timestamp;

use super::{SiteRow, Sites};
use crate::given::{Given, every_kind_counts, id, moment, written};

const SITE: u64 = 1;
const BY: &str = "2026-03-02T12:15:00.000000Z";

fn bakery() -> Given<Sites> {
    let mut site = Given::new();
    site.then(id(SITE), "xentri.site.created.v1", json!({ "name": "Bakery", "slug": "bakery" }));
    site
}

fn started() -> Value {
    json!({ "publish_id": written(9), "page_ids": [written(2)], "complete_by": BY })
}

fn publishing() -> Given<Sites> {
    let mut site = bakery();
    site.then(id(SITE), "xentri.website.publish_started.v1", started());
    site
}

#[test]
fn a_new_site_is_ready_and_nowhere() {
    let site = bakery();
    let expected = SiteRow {
        org_id: site.org,
        id: id(SITE),
        version: 1,
        created_at: moment(1),
        updated_at: moment(1),
        name: "Bakery".into(),
        slug: "bakery".into(),
        state: "ready".into(),
        publish_id: None,
        publishing_since: None,
        complete_by: None,
        published_at: None,
        url: None,
        build_id: None,
        publish_error: None,
    };
    assert_eq!(*site.row(id(SITE)), expected);
}

#[test]
fn a_change_leaves_the_settings_that_it_does_not_name() {
    let mut site = bakery();
    let mut names = |changed: Value| {
        site.then(id(SITE), "xentri.site.settings_changed.v1", changed);
        let row = site.row(id(SITE));
        (row.name.clone(), row.slug.clone(), row.version)
    };
    assert_eq!(names(json!({ "slug": "bread" })), ("Bakery".into(), "bread".into(), 2));
    assert_eq!(names(json!({ "name": "Bread" })), ("Bread".into(), "bread".into(), 3));
}

#[test]
fn a_site_that_is_publishing_says_since_when_and_until_when() {
    let expected = SiteRow {
        version: 2,
        updated_at: moment(2),
        state: "publishing".into(),
        publish_id: Some(id(9)),
        publishing_since: Some(moment(2)),
        complete_by: Some(BY.parse::<Timestamp>().unwrap()),
        ..bakery().row(id(SITE)).clone()
    };
    assert_eq!(*publishing().row(id(SITE)), expected);
}

#[test]
fn a_published_site_is_ready_and_says_where_it_is() {
    let mut site = publishing();
    let done = json!({ "publish_id": written(9), "page_ids": [written(2)], "url": "https://bakery.example", "build_id": "b-1" });
    site.then(id(SITE), "xentri.website.published.v1", done);
    let expected = SiteRow {
        version: 3,
        updated_at: moment(3),
        published_at: Some(moment(3)),
        url: Some("https://bakery.example".into()),
        build_id: Some("b-1".into()),
        ..bakery().row(id(SITE)).clone()
    };
    assert_eq!(*site.row(id(SITE)), expected);
}

#[test]
fn a_failed_publishing_leaves_what_is_live_and_its_error_until_the_next_begins() {
    let mut site = publishing();
    let done = json!({ "publish_id": written(9), "page_ids": [written(2)], "url": "https://bakery.example", "build_id": "b-1" });
    site.then(id(SITE), "xentri.website.published.v1", done);
    site.then(id(SITE), "xentri.website.publish_started.v1", started());
    let failed = json!({ "publish_id": written(9), "page_ids": [written(2)], "error": "No flour." });
    site.then(id(SITE), "xentri.website.publish_failed.v1", failed);
    let row = site.row(id(SITE)).clone();
    assert_eq!((row.state.as_str(), row.publish_error.as_deref()), ("ready", Some("No flour.")));
    assert_eq!((row.publish_id, row.publishing_since, row.complete_by), (None, None, None));
    assert_eq!((row.published_at, row.build_id.as_deref()), (Some(moment(3)), Some("b-1")));
    site.then(id(SITE), "xentri.website.publish_started.v1", started());
    assert_eq!(site.row(id(SITE)).publish_error, None);
}

#[test]
fn every_kind_of_event_counts() {
    every_kind_counts::<Sites>("site", "xentri.site.created.v1", &[], |row| (row.version, row.updated_at));
}
