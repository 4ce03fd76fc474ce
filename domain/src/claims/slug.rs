//! Who has a slug: one stream for each slug of an org.

use serde::{Deserialize, Serialize};

use crate::aggregate::{Stream, events, no_personal};
use crate::kernel::{OrgId, SiteId, Slug, StreamId};

events! {
    /// What can have happened to a slug.
    SlugClaimEvent of "slug" in Brand, about |_event, _stream| None;
    SlugClaimed "slug.claimed" 1 0;
    SlugReleased "slug.released" 1 0;
}
no_personal!(SlugClaimed, SlugReleased, SlugClaim);

/// The slug belongs to that site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SlugClaimed {
    pub slug: Slug,
    pub site_id: SiteId,
}

/// The slug no longer belongs to that site; any site may claim it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SlugReleased {
    pub slug: Slug,
    pub site_id: SiteId,
}

/// The site that a slug belongs to, none while it is free.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SlugClaim {
    pub site_id: Option<SiteId>,
}

impl SlugClaim {
    pub fn stream(org: OrgId, slug: &Slug) -> StreamId {
        StreamId::natural(org, Self::TYPE, slug.as_str())
    }
}

impl Stream for SlugClaim {
    const TYPE: &'static str = "slug";
    const FOLD_VERSION: u32 = 1;
    type Event = SlugClaimEvent;

    fn apply(&mut self, event: &SlugClaimEvent) {
        self.site_id = match event {
            SlugClaimEvent::SlugClaimed(claimed) => Some(claimed.site_id),
            SlugClaimEvent::SlugReleased(_) => None,
        };
    }
}
