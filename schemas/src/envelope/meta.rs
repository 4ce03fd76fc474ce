//! How an event came about, for whoever asks later.

use serde::{Deserialize, Serialize};
use xentri_domain::kernel::{Slug, Text, UserId};

/// How the event came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Meta {
    /// What took the command in: `api`, `job`, `reactor`.
    pub source: Slug,
    pub environment: Environment,
    /// The command that was decided, as in `lead.capture`.
    pub command: Text<100>,
    /// Why, in the words of whoever gave the command. Not personal: it is never sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<1000>>,
    /// The user for whom the actor acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<UserId>,
}

/// What kind of installation recorded it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    Local,
    Staging,
    Prod,
}
