//! What of sites and their pages deserves attention. They are two kinds of streams under one module.

use uuid::Uuid;
use xentri_domain::kernel::{PageId, Scope};
use xentri_domain::page::PageEvent;
use xentri_domain::site::SiteEvent;

use super::super::argument::Argument;
use super::super::rule::{Finding, Module, Promotion, Rule, Touch, When};

const PUBLISHING: &str = "publishing";
const PREVIEW: &str = "preview";
const OFFLINE: &str = "offline";

const PUBLISHED: Rule = Rule {
    name: "site_published",
    matter: PUBLISHING,
    importance: 4,
    promotions: &[Promotion { when: When::Always, importance: 4 }],
    ..Rule::NEWS
};

const PUBLISH_FAILED: Rule = Rule {
    name: "site_publish_failed",
    matter: PUBLISHING,
    importance: 1,
    promotions: &[
        Promotion { when: When::Always, importance: 2 },
        Promotion { when: When::Always, importance: 3 },
    ],
    ..Rule::TASK
};

const TO_PUBLISH: Rule = Rule { name: "page_to_publish", matter: PREVIEW, importance: 4, ..Rule::TASK };

const TAKEN_OFFLINE: Rule = Rule {
    name: "page_taken_offline",
    matter: OFFLINE,
    importance: 3,
    promotions: &[Promotion { when: When::Always, importance: 4 }],
    ..Rule::NEWS
};

pub(super) const MODULE: Module =
    Module { scope: Scope::WEBSITE, rules: &[&PUBLISHED, &PUBLISH_FAILED, &TO_PUBLISH, &TAKEN_OFFLINE] };

pub(super) fn of_site(id: Uuid, event: &SiteEvent) -> Vec<Touch> {
    let find = |rule, pages: &[PageId]| {
        let pages = i64::try_from(pages.len()).unwrap_or(i64::MAX);
        Finding::of(rule).with("pages", Argument::Count(pages))
    };
    match event {
        SiteEvent::PublishStarted(_) => vec![Touch::ends(PUBLISHING)],
        SiteEvent::Published(published) => {
            vec![Touch::becomes(find(&PUBLISHED, &published.page_ids).at(published.url.as_str()))]
        }
        SiteEvent::PublishFailed(failed) => {
            let found = find(&PUBLISH_FAILED, &failed.page_ids);
            vec![Touch::becomes(found.at(&format!("/brand/sites/{id}")))]
        }
        SiteEvent::Created(_) | SiteEvent::SettingsChanged(_) => Vec::new(),
    }
}

/// How publishing ended is said of the site, once.
pub(super) fn of_page(id: Uuid, event: &PageEvent) -> Vec<Touch> {
    match event {
        PageEvent::PreviewRequested(_) => {
            vec![Touch::becomes(Finding::of(&TO_PUBLISH).at(&format!("/brand/pages/{id}")))]
        }
        PageEvent::Updated(_) | PageEvent::EditingResumed(_) | PageEvent::PublishStarted(_) => {
            vec![Touch::ends(PREVIEW)]
        }
        PageEvent::Removed(removed) if removed.was_live => {
            vec![Touch::ends(PREVIEW), Touch::becomes(Finding::of(&TAKEN_OFFLINE))]
        }
        PageEvent::Removed(_) => vec![Touch::ends(PREVIEW)],
        PageEvent::Created(_) | PageEvent::Published(_) | PageEvent::PublishFailed(_) => Vec::new(),
    }
}
