//! What can have happened to an org.

use serde::{Deserialize, Serialize};

use super::{ExternalId, InvoicePrefix};
use crate::aggregate::{events, no_personal};
use crate::kernel::{Currency, Language, Text, TimeZone};

events! {
    /// What can have happened to an org.
    OrgEvent of "org" in Core, about |_event, _stream| None;
    Created "org.created" 1 0;
    SettingsChanged "org.settings_changed" 1 0;
}
no_personal!(Created, SettingsChanged);

/// The org exists; this is its first event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Created {
    pub name: Text<200>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    pub time_zone: TimeZone,
    pub currency: Currency,
    pub language: Language,
    pub invoice_prefix: InvoicePrefix,
}

/// The settings that changed, each with its new value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SettingsChanged {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<200>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_prefix: Option<InvoicePrefix>,
}
