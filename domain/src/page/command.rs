//! What may be asked of a page.

use serde::{Deserialize, Serialize};

use super::BlocksInput;
use crate::aggregate::commands;
use crate::kernel::{PageId, PagePath, Permission, SiteId, Text};

commands! {
    /// What may be asked of a page. Publishing is asked of its site.
    PageCommand of "page" at "/brand/pages";
    Add Create "add" Permission(Permission::BRAND_WRITE);
    Update Stream "update" Permission(Permission::BRAND_WRITE);
    Remove Stream "remove" Permission(Permission::BRAND_WRITE);
    RequestPreview Stream "request-preview" Permission(Permission::BRAND_WRITE);
    ContinueEditing Stream "continue-editing" Permission(Permission::BRAND_WRITE);
}

/// Adds a page to a site, as a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Add {
    /// A UUID of version 7; the server makes one when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<PageId>,
    pub site_id: SiteId,
    /// No other page of the site has it.
    pub path: PagePath,
    pub title: Text<200>,
    /// An empty page when left out.
    #[serde(default)]
    pub blocks: BlocksInput,
}

/// Changes what is named and makes the page a draft again; a live version stays as it is. A failed page becomes a
/// draft even when nothing is named, so that it can be published again as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// No other page of the site has it. The old one is free at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PagePath>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text<200>>,
    /// All blocks of the page, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<BlocksInput>,
}

/// Removes the page for ever. A live version goes offline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Remove {}

/// Shows the draft as it would go live: the next publishing of the site takes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RequestPreview {}

/// Makes a previewed page a draft again: publishing passes it over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ContinueEditing {}
