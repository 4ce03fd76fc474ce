//! The whole table of a site and what each cell records.

mod world;

use serde_json::{Value, json};

use super::{Site, SiteError, Status};
use crate::aggregate::scenario::{Given, fresh_id, given, org_id, stream_id};
use crate::aggregate::{Refusal, RefusalKind, StreamRef, table};
use crate::claims::{PagePaths, SlugClaim};
use crate::kernel::{Coded, PageId, SiteId, Slug, StreamId};
use crate::page::Page;

fn page_id(n: u8) -> PageId {
    PageId::v7(6, [n; 10])
}

fn paths() -> StreamId {
    PagePaths::stream(org_id(), stream_id().into())
}

fn slug_stream(slug: &str) -> StreamId {
    SlugClaim::stream(org_id(), &Slug::parse(slug).unwrap())
}

fn created() -> Value {
    json!({ "type": "xentri.site.created.v1", "name": "Acme", "slug": "acme" })
}

fn publish_started(pages: &[u8]) -> Value {
    let page_ids: Vec<_> = pages.iter().map(|n| page_id(*n)).collect();
    json!({
        "type": "xentri.website.publish_started.v1", "publish_id": fresh_id(), "page_ids": page_ids,
        "complete_by": "2026-03-02T15:15:00.000000Z",
    })
}

fn published() -> Value {
    json!({
        "type": "xentri.website.published.v1", "publish_id": fresh_id(), "page_ids": [page_id(1)],
        "url": "https://acme.example", "build_id": "b1",
    })
}

fn publish_failed() -> Value {
    json!({
        "type": "xentri.website.publish_failed.v1", "publish_id": fresh_id(), "page_ids": [page_id(1)],
        "error": "no space left",
    })
}

fn of_page(kind: &str, mut more: Value) -> Value {
    more["type"] = format!("xentri.{kind}.v1").into();
    more["site_id"] = json!(stream_id());
    more
}

fn on_page(n: u8, mut event: Value) -> Value {
    event["on"] = StreamRef::of::<Page>(page_id(n)).to_string().into();
    event
}

fn draft_at(path: &str) -> Vec<Value> {
    vec![of_page("page.created", json!({ "path": path, "title": "A page", "blocks": [] }))]
}

fn preview_at(path: &str) -> Vec<Value> {
    [draft_at(path), vec![of_page("page.preview_requested", json!({}))]].concat()
}

fn publishing_at(path: &str) -> Vec<Value> {
    let started = of_page("page.publish_started", json!({ "publish_id": fresh_id() }));
    [preview_at(path), vec![started]].concat()
}

fn content_published(path: &str) -> Value {
    of_page(
        "content.published",
        json!({
            "publish_id": fresh_id(), "path": path, "title": "A page", "url": "https://acme.example",
            "build_id": "b1",
        }),
    )
}

fn live_at(path: &str) -> Vec<Value> {
    [publishing_at(path), vec![content_published(path)]].concat()
}

fn moved_to(path: &str, mut history: Vec<Value>) -> Vec<Value> {
    history.push(of_page("page.updated", json!({ "path": path })));
    history
}

fn path_claimed(path: &str, page: PageId) -> Value {
    of_page("page_path.claimed", json!({ "path": path, "page_id": page }))
}

/// The pages of the site: number, path, history.
fn with_pages(given: Given<Site>, pages: Vec<(u8, &str, Vec<Value>)>) -> Given<Site> {
    let claims: Vec<_> = pages.iter().map(|(n, path, _)| path_claimed(path, page_id(*n))).collect();
    let given = given.and::<PagePaths>(paths(), claims);
    pages.into_iter().fold(given, |given, (n, _, history)| given.and::<Page>(page_id(n), history))
}

/// An org in which this site has the slug `acme` and another one `taken`; one page of the site is publishing and one
/// in preview.
fn among(given: Given<Site>) -> Given<Site> {
    let claimed = |slug: &str, site: StreamId| json!({ "type": "xentri.slug.claimed.v1", "slug": slug, "site_id": site });
    let given = given
        .and::<SlugClaim>(slug_stream("acme"), [claimed("acme", stream_id())])
        .and::<SlugClaim>(slug_stream("taken"), [claimed("taken", StreamId::v7(9, [9; 10]))])
        .and::<SlugClaim>(slug_stream("free"), []);
    with_pages(given, vec![(1, "/", publishing_at("/")), (2, "/a", preview_at("/a"))])
}

fn states() -> Vec<table::Column> {
    vec![
        ("absent", vec![]),
        ("ready", vec![created()]),
        ("publishing", vec![created(), publish_started(&[1])]),
        ("ready once live", vec![created(), publish_started(&[1]), published()]),
        ("ready once failed", vec![created(), publish_started(&[1]), publish_failed()]),
    ]
}

const NONE: &str = "!not_found";
const NO: &str = "!illegal_transition";
const HERE: &str = "!already_exists";
const NAME: &str = "site.settings_changed";
const SLUG: &str = "site.settings_changed slug.released slug.claimed";
const START: &str = "website.publish_started page.publish_started";

#[test]
#[rustfmt::skip]
fn the_whole_table() {
    let done = json!({ "url": "https://acme.example", "build_id": "b1" });
    let error = json!({ "error": "no space left" });
    let with_id = |mut body: Value, id: StreamId| { body["publish_id"] = json!(id); body };
    let (this, another) = (fresh_id(), StreamId::v7(3, [4; 10]));
    table::check_with::<Site>(&states(), &[
        // command, body                                            absent, ready, publishing, ready once live, ready once failed
        ("create", json!({ "name": "Acme", "slug": "free" }),       &["site.created slug.claimed", HERE, HERE, HERE, HERE]),
        ("create", json!({ "name": "Acme", "slug": "taken" }),      &["!slug_taken", HERE, HERE, HERE, HERE]),
        ("change-settings", json!({ "name": "Acme Bread" }),        &[NONE, NAME, NAME, NAME, NAME]),
        ("change-settings", json!({ "slug": "free" }),              &[NONE, SLUG, "!slug_in_use", SLUG, SLUG]),
        ("change-settings", json!({ "slug": "taken" }),             &[NONE, "!slug_taken", "!slug_in_use", "!slug_taken", "!slug_taken"]),
        ("change-settings", json!({ "name": "Acme", "slug": "acme" }), &[NONE, "nothing", "nothing", "nothing", "nothing"]),
        ("publish", json!({}),                                      &[NONE, START, NO, START, START]),
        ("complete-publish", done.clone(),                          &[NONE, NO, "website.published content.published", NO, NO]),
        ("complete-publish", with_id(done.clone(), this),           &[NONE, NO, "website.published content.published", NO, NO]),
        ("complete-publish", with_id(done, another),                &[NONE, NO, "!publish_over", NO, NO]),
        ("fail-publish", error.clone(),                             &[NONE, NO, "website.publish_failed page.publish_failed", NO, NO]),
        ("fail-publish", with_id(error.clone(), this),              &[NONE, NO, "website.publish_failed page.publish_failed", NO, NO]),
        ("fail-publish", with_id(error, another),                   &[NONE, NO, "!publish_over", NO, NO]),
    ], |_, given| among(given));
}

#[test]
fn a_refusal_names_the_state_and_the_command() {
    let publishing = [created(), publish_started(&[1])];
    given::<Site>(publishing).when("publish", json!({})).refused(|error, id| {
        let status = Status::Publishing;
        assert_eq!(*error, SiteError::IllegalTransition { id, status, command: "publish" });
        assert_eq!(error.to_string(), format!("site {id} is publishing, which does not allow publish"));
        assert_eq!(error.kind(), RefusalKind::IllegalTransition);
    });
}

#[test]
fn a_site_is_created_with_a_slug_of_its_own() {
    let mut claimed = json!({ "type": "xentri.slug.claimed.v1", "slug": "acme", "site_id": stream_id() });
    let stream = StreamRef::of::<SlugClaim>(slug_stream("acme"));
    claimed["on"] = stream.to_string().into();
    let create = json!({ "name": " Acme ", "slug": "acme" });
    given::<Site>([]).when("create", create.clone()).needs([stream]);
    given::<Site>([])
        .and::<SlugClaim>(stream.id, [])
        .when("create", create)
        .then([created(), claimed])
        .state(
            &json!({ "status": "ready", "name": "Acme", "slug": "acme", "publishing": null, "live": null }),
        );
}

#[test]
fn a_slug_that_another_site_has_is_refused() {
    let error = among(given::<Site>([])).when("create", json!({ "name": "Acme", "slug": "taken" })).refusal();
    assert_eq!(
        error,
        SiteError::SlugTaken { slug: Slug::parse("taken").unwrap(), by: SiteId::v7(9, [9; 10]) }
    );
    assert_eq!(
        (error.code(), error.kind(), error.pointer().as_deref()),
        ("slug_taken", RefusalKind::Taken, Some("/slug"))
    );
}

#[test]
fn a_new_slug_is_claimed_as_the_old_one_is_released() {
    let on = |kind: &str, slug: &str| {
        json!({
            "type": format!("xentri.slug.{kind}.v1"), "slug": slug, "site_id": stream_id(),
            "on": StreamRef::of::<SlugClaim>(slug_stream(slug)).to_string(),
        })
    };
    among(given::<Site>([created()]))
        .when("change-settings", json!({ "name": "Acme", "slug": "free" }))
        .then([
            json!({ "type": "xentri.site.settings_changed.v1", "slug": "free" }),
            on("released", "acme"),
            on("claimed", "free"),
        ]);
}

#[test]
fn publishing_takes_the_pages_in_preview_and_no_others() {
    let pages = vec![
        (1, "/draft", draft_at("/draft")),
        (2, "/b", preview_at("/b")),
        (3, "/a", preview_at("/a")),
        (4, "/live", live_at("/live")),
    ];
    let started = of_page("page.publish_started", json!({ "publish_id": fresh_id() }));
    with_pages(given([created()]), pages).when("publish", json!({})).then([
        publish_started(&[3, 2]),
        on_page(3, started.clone()),
        on_page(2, started),
    ]);
}

#[test]
fn publishing_asks_for_the_list_of_pages_and_then_for_the_pages() {
    given::<Site>([created()]).when("publish", json!({})).needs([StreamRef::of::<PagePaths>(paths())]);
    let claims = [path_claimed("/", page_id(1)), path_claimed("/a", page_id(2))];
    given::<Site>([created()])
        .and::<PagePaths>(paths(), claims)
        .when("publish", json!({}))
        .needs([StreamRef::of::<Page>(page_id(1)), StreamRef::of::<Page>(page_id(2))]);
}

#[test]
fn a_site_without_a_page_in_preview_has_nothing_to_publish() {
    let pages = vec![(1, "/", draft_at("/")), (2, "/a", live_at("/a"))];
    let error = with_pages(given([created()]), pages).when("publish", json!({})).refusal();
    assert_eq!(error, SiteError::NothingToPublish { id: stream_id() });
    assert_eq!((error.code(), error.kind()), ("nothing_to_publish", RefusalKind::IllegalTransition));
}

#[test]
fn at_most_two_hundred_pages_go_live_together() {
    let publish = |count: u8| {
        let path = |n: u8| format!("/page-{n}");
        let claims: Vec<_> = (1..=count).map(|n| path_claimed(&path(n), page_id(n))).collect();
        let site = given::<Site>([created()]).and::<PagePaths>(paths(), claims);
        (1..=count)
            .fold(site, |site, n| site.and::<Page>(page_id(n), preview_at(&path(n))))
            .when("publish", json!({}))
    };
    assert_eq!(publish(200).answer().unwrap().len(), 201);
    let error = publish(201).refusal();
    assert_eq!(error, SiteError::TooManyInPreview { id: stream_id(), pages: 201 });
    assert_eq!(error.code(), "too_many_in_preview");
}

#[test]
fn a_page_goes_live_only_where_no_other_page_still_stands() {
    let publish = |first: Vec<Value>| {
        let pages = vec![(1, "/moved", first), (2, "/home", preview_at("/home"))];
        with_pages(given([created()]), pages).when("publish", json!({}))
    };
    let moved = moved_to("/moved", live_at("/home"));
    let error = publish(moved.clone()).refusal();
    assert_eq!((error.code(), error.kind()), ("path_still_live", RefusalKind::Taken));
    // Both at once is well: neither path has two pages then.
    let both = [moved, vec![of_page("page.preview_requested", json!({}))]].concat();
    assert_eq!(publish(both).answer().unwrap().len(), 3);
}

#[test]
fn the_pages_go_live_together() {
    let pages = vec![(1, "/", publishing_at("/")), (2, "/a", publishing_at("/a"))];
    with_pages(given([created(), publish_started(&[1, 2])]), pages)
        .when("complete-publish", json!({ "url": "https://Acme.example", "build_id": "b1" }))
        .then([
            json!({
                "type": "xentri.website.published.v1", "publish_id": fresh_id(),
                "page_ids": [page_id(1), page_id(2)], "url": "https://acme.example", "build_id": "b1",
            }),
            on_page(1, content_published("/")),
            on_page(2, content_published("/a")),
        ])
        .state(&json!({
            "status": "ready", "name": "Acme", "slug": "acme", "publishing": null,
            "live": { "url": "https://acme.example", "build_id": "b1" },
        }));
}

#[test]
fn the_pages_fail_together() {
    let failed =
        of_page("page.publish_failed", json!({ "publish_id": fresh_id(), "error": "no space left" }));
    with_pages(given([created(), publish_started(&[1])]), vec![(1, "/", publishing_at("/"))])
        .when("fail-publish", json!({ "error": "no space left" }))
        .then([publish_failed(), on_page(1, failed)]);
}

#[test]
fn an_answer_to_an_earlier_publishing_is_refused() {
    let late = json!({ "url": "https://acme.example", "build_id": "b1", "publish_id": stream_id() });
    let error = given::<Site>([created(), publish_started(&[1])]).when("complete-publish", late).refusal();
    assert_eq!(error, SiteError::PublishOver { id: stream_id(), publish: stream_id() });
    assert_eq!(
        (error.kind(), error.pointer().as_deref()),
        (RefusalKind::IllegalTransition, Some("/publish_id"))
    );
}

#[test]
fn what_is_no_value_never_becomes_a_command() {
    for (command, body) in [
        ("create", json!({ "slug": "acme" })),
        ("create", json!({ "name": "Acme" })),
        ("create", json!({ "name": "", "slug": "acme" })),
        ("create", json!({ "name": "x".repeat(201), "slug": "acme" })),
        ("create", json!({ "name": "a\u{0}b", "slug": "acme" })),
        ("create", json!({ "name": "Acme", "slug": "" })),
        ("create", json!({ "name": "Acme", "slug": "Acme" })),
        ("create", json!({ "name": "Acme", "slug": "a--b" })),
        ("create", json!({ "name": "Acme", "slug": "x".repeat(64) })),
        ("create", json!({ "name": "Acme", "slug": "acme", "id": "1" })),
        ("create", json!({ "name": "Acme", "slug": "acme", "colour": "red" })),
        ("change-settings", json!({ "name": "\u{7}" })),
        ("change-settings", json!({ "slug": "a b" })),
        ("publish", json!({ "pages": [] })),
        ("complete-publish", json!({ "build_id": "b1" })),
        ("complete-publish", json!({ "url": "https://acme.example" })),
        ("complete-publish", json!({ "url": "ftp://acme.example", "build_id": "b1" })),
        ("complete-publish", json!({ "url": "https://acme.example", "build_id": "" })),
        ("fail-publish", json!({})),
        ("fail-publish", json!({ "error": " " })),
        ("fail-publish", json!({ "error": "x".repeat(4001) })),
        ("fail-publish", json!({ "error": "a\u{0}b" })),
    ] {
        among(given::<Site>([created()])).when(command, body).malformed();
    }
}
