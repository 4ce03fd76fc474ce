//! What may be asked of an org.

use serde::{Deserialize, Serialize};

use super::{ExternalId, InvoicePrefix};
use crate::aggregate::commands;
use crate::kernel::{Currency, Language, OrgId, Permission, Text, TimeZone};

commands! {
    /// What may be asked of an org.
    OrgCommand of "org" at "/core/orgs";
    Create Create "create" System;
    ChangeSettings Stream "change-settings" Permission(Permission::ORG_ADMIN);
}

/// Sets up an org with its settings. Its id, once chosen, names it for ever.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Create {
    /// A UUID of version 7; the server makes one when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<OrgId>,
    pub name: Text<200>,
    /// What the identity provider calls the org.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Decides on which day something happens: the year of an invoice, its due date.
    pub time_zone: TimeZone,
    /// For new invoices that name none.
    pub currency: Currency,
    pub language: Language,
    /// Begins every invoice number. `INV` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_prefix: Option<InvoicePrefix>,
}

/// Changes the settings that are named and leaves the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeSettings {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<200>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Numbers that are taken keep the prefix they were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_prefix: Option<InvoicePrefix>,
}
