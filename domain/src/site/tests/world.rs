//! Sites, pages and claims of one org together: what holds of them whatever is asked of any of them.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::page_id;
use crate::aggregate::scenario::org_id;
use crate::aggregate::world::{Kind, World};
use crate::aggregate::{EventSet, histories};
use crate::claims::{PagePaths, PagePathsEvent, SlugClaim, SlugClaimEvent};
use crate::kernel::{Coded, PageId, SiteId};
use crate::page::{self, Page, PageEvent};
use crate::site::{self, Site, SiteEvent};

/// An org with a site, which has a page that is live and one that never was.
fn world() -> World {
    let mut world =
        World::of([Kind::of::<Site>(), Kind::of::<Page>(), Kind::of::<SlugClaim>(), Kind::of::<PagePaths>()]);
    world.ask::<Site>(site_id(1), "create", json!({ "name": "Acme", "slug": "acme" })).unwrap();
    let home = json!({ "site_id": site_id(1), "path": "/", "title": "Home" });
    world.ask::<Page>(page_id(1), "add", home).unwrap();
    world.ask::<Page>(page_id(1), "request-preview", json!({})).unwrap();
    world.ask::<Site>(site_id(1), "publish", json!({})).unwrap();
    world.ask::<Site>(site_id(1), "complete-publish", done()).unwrap();
    let more = json!({ "site_id": site_id(1), "path": "/a", "title": "More" });
    world.ask::<Page>(page_id(2), "add", more).unwrap();
    world
}

fn site_id(n: u8) -> SiteId {
    SiteId::v7(5, [n; 10])
}

fn paths_of(world: &World, site: SiteId) -> std::sync::Arc<PagePaths> {
    world.state(PagePaths::stream(org_id(), site))
}

fn done() -> Value {
    json!({ "url": "https://acme.example", "build_id": "b1" })
}

/// A command to one of the sites or one of the pages.
#[derive(Debug, Clone)]
enum Step {
    Site(u8, &'static str, Value),
    Page(u8, &'static str, Value),
}

/// So few sites, pages, slugs and paths that they keep meeting each other; mostly the first site, and each command so
/// often that long histories come about. One draw from a list, because the nested strategies take longer than the
/// decisions.
fn steps() -> impl Strategy<Value = Step> {
    let mut list = Vec::new();
    let mut offer = |times, step: Step| list.extend(std::iter::repeat_n(step, times));
    for (n, times) in [(1, 6), (2, 1)] {
        for slug in ["acme", "bakery", "shop"] {
            offer(1, Step::Site(n, "create", json!({ "name": "Acme", "slug": slug })));
            offer(times, Step::Site(n, "change-settings", json!({ "slug": slug })));
        }
        offer(8 * times, Step::Site(n, "publish", json!({})));
        offer(7 * times, Step::Site(n, "complete-publish", done()));
        offer(3 * times, Step::Site(n, "fail-publish", json!({ "error": "no space left" })));
    }
    for n in 1..=3 {
        for path in ["/", "/a", "/b", "/"] {
            for (site, times) in [(1, 4), (2, 1)] {
                let add = json!({ "site_id": site_id(site), "path": path, "title": "One" });
                offer(times, Step::Page(n, "add", add));
            }
            offer(4, Step::Page(n, "update", json!({ "path": path })));
        }
        for title in ["One", "Two"] {
            offer(3, Step::Page(n, "update", json!({ "title": title })));
        }
        offer(2, Step::Page(n, "remove", json!({})));
        offer(24, Step::Page(n, "request-preview", json!({})));
        offer(3, Step::Page(n, "continue-editing", json!({})));
    }
    prop::sample::select(list)
}

/// What happened, or the code of the refusal.
fn take(world: &mut World, step: &Step) -> Result<Vec<&'static str>, &'static str> {
    match step.clone() {
        Step::Site(n, name, body) => world.ask::<Site>(site_id(n), name, body).map_err(|error| error.code()),
        Step::Page(n, name, body) => world.ask::<Page>(page_id(n), name, body).map_err(|error| error.code()),
    }
}

#[test]
fn whatever_is_asked_of_sites_and_pages_they_agree_and_what_is_live_stays_so() {
    let seen = RefCell::new(BTreeSet::new());
    let beginning = world();
    histories::sequences(steps(), 40, |steps| {
        let mut world = beginning.clone();
        for step in steps {
            let before = world.clone();
            match take(&mut world, &step) {
                Ok(happened) => {
                    seen.borrow_mut().extend(happened);
                    a_slug_belongs_to_one_site(&world);
                    a_path_belongs_to_one_page_of_a_site(&world);
                    what_a_site_says_is_publishing_is(&world);
                    what_is_live_stays_so(&before, &world);
                    what_is_publishing_is_not_edited(&before, &world, &step);
                }
                // Nothing is done to the world before all is decided: it is as it was.
                Err(code) => drop(seen.borrow_mut().insert(code)),
            }
        }
    });
    // All that can happen did, and all that can be refused was, but for what takes hundreds of pages or a late answer.
    let events = [SiteEvent::KINDS, PageEvent::KINDS, SlugClaimEvent::KINDS, PagePathsEvent::KINDS].concat();
    let everything = events.iter().map(|kind| kind.type_name).chain(REFUSALS).collect();
    assert_eq!(seen.into_inner(), everything);
}

const REFUSALS: [&str; 9] = [
    "not_found",
    "already_exists",
    "illegal_transition",
    "slug_taken",
    "slug_in_use",
    "nothing_to_publish",
    "path_still_live",
    "no_such_site",
    "path_taken",
];

fn a_slug_belongs_to_one_site(world: &World) {
    let held: Vec<_> = world.all::<SlugClaim>().filter_map(|(_, claim)| claim.site_id).collect();
    assert_eq!(held.len(), world.all::<Site>().count());
    for (id, site) in world.all::<Site>() {
        let slug = site.slug.as_ref().expect("a site has a slug");
        let claim = world.state::<SlugClaim>(SlugClaim::stream(org_id(), slug));
        assert_eq!(claim.site_id, Some(id.into()), "{slug}");
    }
}

fn a_path_belongs_to_one_page_of_a_site(world: &World) {
    let there: Vec<_> =
        world.all::<Page>().filter(|(_, page)| page.status != page::Status::Removed).collect();
    assert_eq!(world.all::<PagePaths>().map(|(_, paths)| paths.pages.len()).sum::<usize>(), there.len());
    let mut standing = BTreeSet::new();
    for (id, page) in there {
        let (site, draft) = (page.site_id.unwrap(), page.draft.as_ref().unwrap());
        assert_eq!(paths_of(world, site).pages.get(&draft.path), Some(&PageId::from(id)));
        if let Some(live) = &page.live {
            assert!(standing.insert((site, live.content.path.clone())), "two pages stand at one path");
        }
    }
}

fn what_a_site_says_is_publishing_is(world: &World) {
    for (id, site) in world.all::<Site>() {
        assert_eq!(site.status == site::Status::Publishing, site.publishing.is_some());
        let said: BTreeSet<_> =
            site.publishing.iter().flat_map(|publishing| &publishing.page_ids).copied().collect();
        let of_the_site = world.all::<Page>().filter(|(_, page)| page.site_id == Some(id.into()));
        let are: BTreeSet<_> = of_the_site
            .filter(|(_, page)| page.status == page::Status::Publishing)
            .inspect(|(_, page)| {
                assert_eq!(page.publish_id, site.publishing.as_ref().map(|publishing| publishing.publish_id));
            })
            .map(|(id, _)| PageId::from(id))
            .collect();
        assert_eq!(said, are);
    }
}

fn what_is_live_stays_so(before: &World, after: &World) {
    for (id, was) in before.all::<Page>() {
        let is = after.state::<Page>(id);
        let went_live = was.status == page::Status::Publishing && is.status == page::Status::Live;
        if is.status != page::Status::Removed && !went_live {
            assert_eq!(was.live, is.live);
        }
        assert!(
            is.status != page::Status::Live
                || is.live.as_ref().map(|live| &live.content) == is.draft.as_ref()
        );
    }
}

fn what_is_publishing_is_not_edited(before: &World, after: &World, step: &Step) {
    for (id, was) in before.all::<Page>().filter(|(_, page)| page.status == page::Status::Publishing) {
        let is = after.state::<Page>(id);
        assert_eq!(was.draft, is.draft);
        assert!(was == is || matches!(step, Step::Site(..)), "{step:?}");
    }
}

#[test]
fn an_answer_after_the_timeout_comes_too_late() {
    let mut world = world();
    world.ask::<Page>(page_id(1), "update", json!({ "title": "At home" })).unwrap();
    world.ask::<Page>(page_id(1), "request-preview", json!({})).unwrap();
    world.ask::<Site>(site_id(1), "publish", json!({})).unwrap();
    let complete_by = world.state::<Site>(site_id(1)).publishing.clone().unwrap().complete_by;
    assert_eq!(complete_by, world.now().plus(site::PUBLISH_TIMEOUT).unwrap());

    // What comes late is good as long as nobody has given it up.
    world.wait_until(complete_by.plus(site::PUBLISH_TIMEOUT).unwrap());
    assert!(world.clone().ask::<Site>(site_id(1), "complete-publish", done()).is_ok());

    world.ask::<Site>(site_id(1), "fail-publish", json!({ "error": "it took too long" })).unwrap();
    let page = world.state::<Page>(page_id(1));
    assert_eq!(page.status, page::Status::Failed);
    assert_eq!(page.live.as_ref().unwrap().content.title.as_str(), "Home");
    let error = world.ask::<Site>(site_id(1), "complete-publish", done()).unwrap_err();
    assert_eq!(error.code(), "illegal_transition");
}

#[test]
fn a_freed_slug_and_a_freed_path_can_be_had_again() {
    let mut world = world();
    world.ask::<Site>(site_id(1), "change-settings", json!({ "slug": "bakery" })).unwrap();
    world.ask::<Site>(site_id(2), "create", json!({ "name": "Two", "slug": "acme" })).unwrap();

    let at = |path: &str| json!({ "site_id": site_id(1), "path": path, "title": "A page" });
    world.ask::<Page>(page_id(1), "update", json!({ "path": "/home" })).unwrap();
    world.ask::<Page>(page_id(3), "add", at("/")).unwrap();
    world.ask::<Page>(page_id(3), "remove", json!({})).unwrap();
    world.ask::<Page>(page_id(4), "add", at("/")).unwrap();
    assert_eq!(paths_of(&world, site_id(1)).pages.len(), 3);
}
