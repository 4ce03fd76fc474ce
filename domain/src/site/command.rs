//! What may be asked of a site.

use serde::{Deserialize, Serialize};

use super::PublishId;
use crate::aggregate::commands;
use crate::kernel::{Note, Permission, SiteId, Slug, Text, Url};

commands! {
    /// What may be asked of a site.
    SiteCommand of "site" at "/brand/sites";
    Create Create "create" Permission(Permission::BRAND_WRITE);
    ChangeSettings Stream "change-settings" Permission(Permission::BRAND_WRITE);
    Publish Stream "publish" Permission(Permission::BRAND_PUBLISH);
    CompletePublish Stream "complete-publish" System;
    FailPublish Stream "fail-publish" System;
}

/// Sets up a website without pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Create {
    /// A UUID of version 7; the server makes one when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<SiteId>,
    pub name: Text<200>,
    /// No other site of the org has it.
    pub slug: Slug,
}

/// Changes the settings that are named and leaves the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeSettings {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<200>>,
    /// No other site of the org has it. The old one is free at once. Not while the site is being published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<Slug>,
}

/// Builds all pages of the site that are in preview, at most 200, and brings them live together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Publish {}

/// Says that the pages are live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CompletePublish {
    /// Where the site is.
    pub url: Url,
    pub build_id: Text<200>,
    /// Which publishing, so that a late answer to an earlier one is refused; the one under way when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish_id: Option<PublishId>,
}

/// Says that the pages could not be brought live. None of them is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FailPublish {
    pub error: Note<500>,
    /// Which publishing, so that a late answer to an earlier one is refused; the one under way when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish_id: Option<PublishId>,
}
