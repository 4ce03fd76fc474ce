//! The whole table of a page and what each cell records. What holds between pages and their site stands with the site.

use serde_json::{Value, json};

use super::{Block, Blocks, BlocksInput, Page, PageError, Status};
use crate::aggregate::scenario::{Given, fresh_id, given, org_id, stream_id};
use crate::aggregate::{Refusal, RefusalKind, StreamRef, table};
use crate::claims::PagePaths;
use crate::kernel::{Coded, SiteId, StreamId};
use crate::site::Site;

fn site_id() -> SiteId {
    SiteId::v7(5, [5; 10])
}

fn other_page() -> StreamId {
    StreamId::v7(6, [6; 10])
}

fn paths() -> StreamId {
    PagePaths::stream(org_id(), site_id())
}

fn of_site(kind: &str, mut more: Value) -> Value {
    more["type"] = format!("xentri.{kind}.v1").into();
    more["site_id"] = json!(site_id());
    more
}

fn text(text: &str) -> Value {
    json!([{ "type": "text", "text": text }])
}

fn created() -> Value {
    of_site("page.created", json!({ "path": "/about", "title": "About us", "blocks": text("We bake.") }))
}

fn preview_requested() -> Value {
    of_site("page.preview_requested", json!({}))
}

fn publish_started() -> Value {
    of_site("page.publish_started", json!({ "publish_id": fresh_id() }))
}

fn published() -> Value {
    of_site(
        "content.published",
        json!({
            "publish_id": fresh_id(), "path": "/about", "title": "About us", "url": "https://acme.example",
            "build_id": "b1",
        }),
    )
}

fn publish_failed() -> Value {
    of_site("page.publish_failed", json!({ "publish_id": fresh_id(), "error": "no space left" }))
}

fn live() -> Vec<Value> {
    vec![created(), preview_requested(), publish_started(), published()]
}

fn failed() -> Vec<Value> {
    vec![created(), preview_requested(), publish_started(), publish_failed()]
}

fn updated(more: Value) -> Value {
    of_site("page.updated", more)
}

fn removed(was_live: bool) -> Value {
    let mut removed = of_site("page.removed", json!({ "path": "/about", "was_live": was_live }));
    if was_live {
        removed["live_path"] = "/about".into();
    }
    removed
}

fn on_paths(kind: &str, path: &str, page: StreamId) -> Value {
    of_site(kind, json!({ "path": path, "page_id": page }))
}

fn and_then(mut event: Value) -> Value {
    event["on"] = StreamRef::of::<PagePaths>(paths()).to_string().into();
    event
}

/// A site where another page has the path `/taken`.
fn on_a_site(given: Given<Page>) -> Given<Page> {
    given
        .and::<Site>(site_id(), [json!({ "type": "xentri.site.created.v1", "name": "Acme", "slug": "acme" })])
        .and::<PagePaths>(paths(), [on_paths("page_path.claimed", "/taken", other_page())])
}

fn page(history: impl IntoIterator<Item = Value>) -> Given<Page> {
    on_a_site(given(history))
}

fn states() -> Vec<table::Column> {
    let with = |history: &[Value], event: Value| [history, &[event]].concat();
    vec![
        ("absent", vec![]),
        ("draft", vec![created()]),
        ("preview", vec![created(), preview_requested()]),
        ("publishing", vec![created(), preview_requested(), publish_started()]),
        ("live", live()),
        ("live with a draft", with(&live(), updated(json!({ "title": "Us" })))),
        ("failed", failed()),
        ("removed", vec![created(), removed(false)]),
    ]
}

const NONE: &str = "!not_found";
const NO: &str = "!illegal_transition";
const HERE: &str = "!already_exists";
const EDIT: &str = "page.updated";
const MOVE: &str = "page.updated page_path.released page_path.claimed";
const GONE: &str = "page.removed page_path.released";

#[test]
#[rustfmt::skip]
fn the_whole_table() {
    let add = json!({ "site_id": site_id(), "path": "/new", "title": "New", "blocks": [] });
    let moved = json!({ "path": "/moved" });
    let taken = json!({ "path": "/taken" });
    let same = json!({ "path": "/about", "blocks": text("We bake.") });
    table::check_with::<Page>(&states(), &[
        // command, body                              absent, draft, preview, publishing, live, live with a draft, failed, removed
        ("add", add,                                  &["page.created page_path.claimed", HERE, HERE, HERE, HERE, HERE, HERE, HERE]),
        ("update", json!({ "title": "Ours" }),        &[NONE, EDIT, EDIT, NO, EDIT, EDIT, EDIT, NO]),
        ("update", moved,                             &[NONE, MOVE, MOVE, NO, MOVE, MOVE, MOVE, NO]),
        ("update", taken,                             &[NONE, "!path_taken", "!path_taken", NO, "!path_taken", "!path_taken", "!path_taken", NO]),
        ("update", same,                              &[NONE, "nothing", "nothing", NO, "nothing", "nothing", EDIT, NO]),
        ("remove", json!({}),                         &[NONE, GONE, GONE, NO, GONE, GONE, GONE, "nothing"]),
        ("request-preview", json!({}),                &[NONE, "page.preview_requested", NO, NO, NO, "page.preview_requested", NO, NO]),
        ("continue-editing", json!({}),               &[NONE, NO, "page.editing_resumed", NO, NO, NO, NO, NO]),
    ], |_, given| on_a_site(given));
}

#[test]
fn a_refusal_names_the_state_and_the_command() {
    let publishing = [created(), preview_requested(), publish_started()];
    page(publishing).when("update", json!({ "title": "Ours" })).refused(|error, id| {
        let status = Status::Publishing;
        assert_eq!(*error, PageError::IllegalTransition { id, status, command: "update" });
        assert_eq!(error.to_string(), format!("page {id} is publishing, which does not allow update"));
        assert_eq!(error.kind(), RefusalKind::IllegalTransition);
    });
}

#[test]
fn a_page_is_added_as_a_draft_and_claims_its_path() {
    page([])
        .when(
            "add",
            json!({ "site_id": site_id(), "path": "/about", "title": " About us ", "blocks": text("We bake.") }),
        )
        .then([created(), and_then(on_paths("page_path.claimed", "/about", stream_id()))])
        .state(&json!({
            "status": "draft", "site_id": site_id(), "publish_id": null, "live": null,
            "draft": { "path": "/about", "title": "About us", "blocks": text("We bake.") },
        }));
}

#[test]
fn a_page_may_begin_empty() {
    let event = of_site("page.created", json!({ "path": "/", "title": "Home", "blocks": [] }));
    page([])
        .when("add", json!({ "site_id": site_id(), "path": "/", "title": "Home" }))
        .then([event, and_then(on_paths("page_path.claimed", "/", stream_id()))]);
}

#[test]
fn a_page_is_added_to_a_site_that_exists() {
    let add = json!({ "site_id": site_id(), "path": "/", "title": "Home" });
    let error = given::<Page>([]).and::<Site>(site_id(), []).when("add", add.clone()).refusal();
    assert_eq!(
        (error.code(), error.kind(), error.pointer().as_deref()),
        ("no_such_site", RefusalKind::Invalid, Some("/site_id"))
    );
    given::<Page>([]).when("add", add).needs([StreamRef::of::<Site>(site_id())]);
}

#[test]
fn a_path_belongs_to_one_page_of_a_site() {
    let add = json!({ "site_id": site_id(), "path": "/taken", "title": "Mine" });
    for (history, command, body) in
        [(vec![], "add", add), (vec![created()], "update", json!({ "path": "/taken" }))]
    {
        let error = page(history).when(command, body).refusal();
        assert_eq!(error.to_string(), format!("page {} of the site has the path /taken", other_page()));
        assert_eq!(
            (error.code(), error.kind(), error.pointer().as_deref()),
            ("path_taken", RefusalKind::Taken, Some("/path"))
        );
    }
}

#[test]
fn a_site_has_a_thousand_pages_at_the_most() {
    let claims = |count: u64| {
        (0..count).map(|n| on_paths("page_path.claimed", &format!("/page-{n}"), StreamId::v7(n, [8; 10])))
    };
    let add = json!({ "site_id": site_id(), "path": "/about", "title": "About" });
    assert!(page([]).and::<PagePaths>(paths(), claims(999)).when("add", add.clone()).answer().is_ok());
    let error = page([]).and::<PagePaths>(paths(), claims(1000)).when("add", add).refusal();
    assert_eq!(error, PageError::TooManyPages { site: site_id(), pages: 1000 });
    assert_eq!(error.code(), "too_many_pages");
}

#[test]
fn only_what_changes_is_recorded_and_a_new_path_is_claimed_as_the_old_one_is_released() {
    page([created()])
        .when("update", json!({ "path": "/us", "title": "About us", "blocks": text("We bake bread.") }))
        .then([
            updated(json!({ "path": "/us", "blocks": text("We bake bread.") })),
            and_then(on_paths("page_path.released", "/about", stream_id())),
            and_then(on_paths("page_path.claimed", "/us", stream_id())),
        ]);
}

#[test]
fn editing_a_live_page_opens_a_draft_and_leaves_what_visitors_see() {
    let outcome = page(live()).when("update", json!({ "title": "Us" }));
    let page = outcome.then([updated(json!({ "title": "Us" }))]).into_state();
    assert_eq!(page.status, Status::Draft);
    assert_eq!(page.draft.unwrap().title.as_str(), "Us");
    let live = page.live.unwrap();
    assert_eq!((live.content.title.as_str(), live.build_id.as_str()), ("About us", "b1"));
}

#[test]
fn editing_a_previewed_page_makes_it_a_draft_so_that_only_what_was_previewed_is_published() {
    let outcome = page([created(), preview_requested()]).when("update", json!({ "title": "Us" }));
    assert_eq!(outcome.then([updated(json!({ "title": "Us" }))]).into_state().status, Status::Draft);
}

#[test]
fn a_failed_page_can_be_tried_again_as_it_is() {
    let outcome = page(failed()).when("update", json!({}));
    assert_eq!(outcome.then([updated(json!({}))]).into_state().status, Status::Draft);
}

#[test]
fn removing_a_page_frees_its_path_and_says_whether_it_was_live() {
    let path_freed = and_then(on_paths("page_path.released", "/about", stream_id()));
    let with_a_draft = [live(), vec![updated(json!({ "title": "Us" }))]].concat();
    let again =
        [with_a_draft.clone(), vec![preview_requested(), publish_started(), publish_failed()]].concat();
    for (history, was_live) in
        [(vec![created()], false), (failed(), false), (live(), true), (with_a_draft, true), (again, true)]
    {
        page(history).when("remove", json!({})).then([removed(was_live), path_freed.clone()]).state(&json!({
            "status": "removed", "site_id": site_id(), "draft": null, "publish_id": null, "live": null,
        }));
    }
}

#[test]
fn a_removed_page_says_where_it_was_live_although_its_draft_had_moved() {
    let moved = [live(), vec![updated(json!({ "path": "/us" }))]].concat();
    let removed = of_site("page.removed", json!({ "path": "/us", "was_live": true, "live_path": "/about" }));
    let freed = and_then(on_paths("page_path.released", "/us", stream_id()));
    page(moved).when("remove", json!({})).then([removed, freed]);
}

#[test]
fn a_page_is_made_of_blocks_of_every_kind() {
    let blocks = json!([
        { "type": "heading", "level": 2, "text": "Bread" },
        { "type": "text", "text": "Fresh every day.\n\nخبز طازج 🥖" },
        { "type": "image", "url": "https://cdn.example/bread.jpg", "alt": "A loaf" },
        { "type": "image", "url": "https://cdn.example/line.png" },
        { "type": "button", "label": "Order", "url": "/order" },
        { "type": "button", "label": "Find us", "url": "https://maps.example/?q=acme" },
        { "type": "list", "ordered": false, "items": ["Rye", "Wheat"] },
        { "type": "quote", "text": "The best.", "source": "The Daily Crumb" },
        { "type": "divider" },
    ]);
    page([created()])
        .when("update", json!({ "blocks": blocks }))
        .then([updated(json!({ "blocks": blocks }))]);
}

fn many(count: usize, block: &Value) -> Value {
    Value::Array(vec![block.clone(); count])
}

#[test]
fn a_page_is_bounded_in_blocks_and_in_text() {
    let update = |blocks: Value| page([created()]).when("update", json!({ "blocks": blocks }));
    let long = |bytes: usize| json!({ "type": "text", "text": "x".repeat(bytes) });
    assert!(update(many(200, &json!({ "type": "divider" }))).answer().is_ok());
    assert!(update(many(201, &json!({ "type": "divider" }))).malformed().starts_with("too_many: "));
    assert!(update(many(8, &long(8192))).answer().is_ok());
    assert!(update(many(9, &long(8192))).malformed().starts_with("too_long: "));
}

#[test]
fn the_largest_page_fits_an_envelope() {
    // Every character is written as two, and as many blocks and items as may be hold them.
    let list = json!({ "type": "list", "ordered": true, "items": vec!["\"".repeat(6); 50] });
    let blocks = many(200, &list);
    let read: Blocks = serde_json::from_value(blocks).unwrap();
    let text: usize = read.as_slice().iter().map(Block::size).sum();
    assert!(text > 9 * Blocks::MOST_BYTES / 10, "{text} bytes of text are nearly as many as may be");
    let written = serde_json::to_string(&read).unwrap().len();
    assert!(written < 180 * 1024, "{written} bytes");
}

#[test]
fn what_is_no_block_is_none_for_the_schema_either() {
    let schema = schemars::generate::SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<BlocksInput>()
        .to_value();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let items = |count: usize| json!({ "type": "list", "items": vec!["x"; count] });
    let good = [
        json!({ "type": "heading", "level": 6, "text": "x" }),
        json!({ "type": "button", "label": "x", "url": "/" }),
        json!({ "type": "divider" }),
        items(50),
    ];
    let bad = [
        json!({ "type": "marquee", "text": "x" }),
        json!({ "text": "x" }),
        json!({ "type": "heading", "text": "x" }),
        json!({ "type": "heading", "level": 0, "text": "x" }),
        json!({ "type": "heading", "level": 7, "text": "x" }),
        json!({ "type": "heading", "level": 2, "text": "x\ny" }),
        json!({ "type": "text", "text": "" }),
        json!({ "type": "text", "text": "a\u{0}b" }),
        json!({ "type": "text", "text": "x".repeat(10_001) }),
        json!({ "type": "text", "text": "x", "colour": "red" }),
        json!({ "type": "image", "url": "javascript:alert(1)" }),
        json!({ "type": "image", "url": "/local.png" }),
        json!({ "type": "button", "label": "x", "url": "//evil.example" }),
        json!({ "type": "button", "label": "x", "url": "javascript:alert(1)" }),
        json!({ "type": "divider", "width": 3 }),
        items(0),
        items(51),
        json!("text"),
    ];
    for (blocks, accepted) in good.into_iter().map(|b| (b, true)).chain(bad.into_iter().map(|b| (b, false))) {
        let blocks = json!([blocks]);
        assert_eq!(validator.is_valid(&blocks), accepted, "{blocks}");
        assert_eq!(serde_json::from_value::<BlocksInput>(blocks.clone()).is_ok(), accepted, "{blocks}");
    }
    assert!(!validator.is_valid(&many(201, &json!({ "type": "divider" }))));
}

#[test]
fn what_is_no_value_never_becomes_a_command() {
    let site = site_id();
    for (command, body) in [
        ("add", json!({ "path": "/", "title": "Home" })),
        ("add", json!({ "site_id": "acme", "path": "/", "title": "Home" })),
        ("add", json!({ "site_id": site, "title": "Home" })),
        ("add", json!({ "site_id": site, "path": "about", "title": "Home" })),
        ("add", json!({ "site_id": site, "path": "/About", "title": "Home" })),
        ("add", json!({ "site_id": site, "path": "/../etc", "title": "Home" })),
        ("add", json!({ "site_id": site, "path": "/".repeat(201), "title": "Home" })),
        ("add", json!({ "site_id": site, "path": "/", "title": "" })),
        ("add", json!({ "site_id": site, "path": "/", "title": "a\u{0}b" })),
        ("add", json!({ "site_id": site, "path": "/", "title": "a\nb" })),
        ("add", json!({ "site_id": site, "path": "/", "title": "x".repeat(201) })),
        ("add", json!({ "site_id": site, "path": "/", "title": "Home", "blocks": {} })),
        ("add", json!({ "site_id": site, "path": "/", "title": "Home", "colour": "red" })),
        ("update", json!({ "path": "" })),
        ("update", json!({ "title": " " })),
        ("update", json!({ "blocks": [{ "type": "text" }] })),
        ("update", json!({ "site_id": site })),
        ("remove", json!({ "force": true })),
        ("request-preview", json!({ "now": true })),
        ("continue-editing", json!([1])),
    ] {
        page([created()]).when(command, body).malformed();
    }
}
