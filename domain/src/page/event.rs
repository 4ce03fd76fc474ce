//! What can have happened to a page. Each event names the site, so that whoever keeps sites needs no other stream.

use serde::{Deserialize, Serialize};

use super::Blocks;
use crate::aggregate::{events, no_personal};
use crate::kernel::{Note, PagePath, SiteId, Text, Url};
use crate::site::PublishId;

events! {
    /// What can have happened to a page. The last three happen together with the same on its site.
    PageEvent of "page" in Brand, about |_event, _stream| None;
    Created "page.created" 1 0;
    Updated "page.updated" 1 0;
    Removed "page.removed" 1 0;
    PreviewRequested "page.preview_requested" 1 0;
    EditingResumed "page.editing_resumed" 1 0;
    PublishStarted "page.publish_started" 1 0;
    Published "content.published" 1 0;
    PublishFailed "page.publish_failed" 1 0;
}
no_personal!(
    Created,
    Updated,
    Removed,
    PreviewRequested,
    EditingResumed,
    PublishStarted,
    Published,
    PublishFailed
);

/// The site has a page more, a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Created {
    pub site_id: SiteId,
    pub path: PagePath,
    pub title: Text<200>,
    pub blocks: Blocks,
}

/// The page is a draft with what changed, each with its new value. A live version stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Updated {
    pub site_id: SiteId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PagePath>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text<200>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<Blocks>,
}

/// The page is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Removed {
    pub site_id: SiteId,
    pub path: PagePath,
    /// It had a live version, which goes offline with it.
    pub was_live: bool,
    /// Where that stood; a draft may have moved on from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_path: Option<PagePath>,
}

/// The draft is shown as it would go live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PreviewRequested {
    pub site_id: SiteId,
}

/// The page is a draft again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EditingResumed {
    pub site_id: SiteId,
}

/// The page is being built; nobody edits it until that has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PublishStarted {
    pub site_id: SiteId,
    pub publish_id: PublishId,
}

/// The page as it was built is live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Published {
    pub site_id: SiteId,
    pub publish_id: PublishId,
    pub path: PagePath,
    pub title: Text<200>,
    /// Where the site is.
    pub url: Url,
    pub build_id: Text<200>,
}

/// The page did not go live; an earlier live version stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PublishFailed {
    pub site_id: SiteId,
    pub publish_id: PublishId,
    pub error: Note<500>,
}
