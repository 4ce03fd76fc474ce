//! Which page stands where: one stream for each site, which is also the list of its pages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::aggregate::{Stream, events, no_personal};
use crate::kernel::{OrgId, PageId, PagePath, SiteId, StreamId};

events! {
    /// What can have happened to the paths of a site.
    PagePathsEvent of "page_path" in Brand, about |_event, _stream| None;
    PathClaimed "page_path.claimed" 1 0;
    PathReleased "page_path.released" 1 0;
}
no_personal!(PathClaimed, PathReleased, PagePaths);

/// The path belongs to that page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PathClaimed {
    pub site_id: SiteId,
    pub path: PagePath,
    pub page_id: PageId,
}

/// The path no longer belongs to that page; any page of the site may claim it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PathReleased {
    pub site_id: SiteId,
    pub path: PagePath,
    pub page_id: PageId,
}

/// The pages of a site by their paths. Every page that is not removed has exactly one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PagePaths {
    pub pages: BTreeMap<PagePath, PageId>,
}

impl PagePaths {
    pub fn stream(org: OrgId, site: SiteId) -> StreamId {
        StreamId::natural(org, Self::TYPE, &site.to_string())
    }
}

impl Stream for PagePaths {
    const TYPE: &'static str = "page_path";
    const FOLD_VERSION: u32 = 1;
    type Event = PagePathsEvent;

    fn apply(&mut self, event: &PagePathsEvent) {
        match event {
            PagePathsEvent::PathClaimed(claimed) => {
                self.pages.insert(claimed.path.clone(), claimed.page_id);
            }
            PagePathsEvent::PathReleased(released) => {
                self.pages.remove(&released.path);
            }
        }
    }
}
