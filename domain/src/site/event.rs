//! What can have happened to a site.

use serde::{Deserialize, Serialize};

use super::PublishId;
use crate::aggregate::{events, no_personal};
use crate::kernel::{Note, PageId, Slug, Text, Timestamp, Url};

events! {
    /// What can have happened to a site. With the last three, the same happens to each page that takes part.
    SiteEvent of "site" in Brand, about |_event, _stream| None;
    Created "site.created" 1 0;
    SettingsChanged "site.settings_changed" 1 0;
    PublishStarted "website.publish_started" 1 0;
    Published "website.published" 1 0;
    PublishFailed "website.publish_failed" 1 0;
}
no_personal!(Created, SettingsChanged, PublishStarted, Published, PublishFailed);

/// The site exists, without pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Created {
    pub name: Text<200>,
    pub slug: Slug,
}

/// The settings that changed, each with its new value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SettingsChanged {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<200>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<Slug>,
}

/// The pages are being built. They are what they were at this moment until the publishing has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PublishStarted {
    /// Names this publishing in all that follows from it.
    pub publish_id: PublishId,
    /// In the order of their paths.
    pub page_ids: Vec<PageId>,
    /// Whoever watches the clock fails it when it has not ended by then.
    pub complete_by: Timestamp,
}

/// The pages are live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Published {
    pub publish_id: PublishId,
    pub page_ids: Vec<PageId>,
    pub url: Url,
    pub build_id: Text<200>,
}

/// None of the pages went live; what was live before still is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PublishFailed {
    pub publish_id: PublishId,
    pub page_ids: Vec<PageId>,
    pub error: Note<500>,
}
