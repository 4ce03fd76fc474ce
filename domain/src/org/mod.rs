//! The org itself: a tenant and the settings that other decisions read.
//!
//! Its stream has the org's own id. An org is created once and never ends here; erasing one destroys its key,
//! which is the ledger's concern. `tests.rs` has the whole table.

mod command;
mod decide;
mod error;
mod event;
mod values;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::aggregate::{Stream, no_personal};
use crate::kernel::{Currency, Language, Text, TimeZone};

pub use command::{ChangeSettings, Create, OrgCommand};
pub use error::OrgError;
pub use event::{Created, OrgEvent, SettingsChanged};
pub use values::{ExternalId, InvoicePrefix};

/// The settings, none before the org is created.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Org {
    pub settings: Option<Settings>,
}
no_personal!(Org);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub name: Text<200>,
    pub external_id: Option<ExternalId>,
    pub time_zone: TimeZone,
    pub currency: Currency,
    pub language: Language,
    pub invoice_prefix: InvoicePrefix,
}

impl Stream for Org {
    const TYPE: &'static str = "org";
    const FOLD_VERSION: u32 = 1;
    type Event = OrgEvent;

    fn apply(&mut self, event: &OrgEvent) {
        match event {
            OrgEvent::Created(created) => self.settings = Some(Settings::from(created.clone())),
            OrgEvent::SettingsChanged(changed) => {
                if let Some(settings) = &mut self.settings {
                    settings.change(changed);
                }
            }
        }
    }
}

impl From<Created> for Settings {
    fn from(created: Created) -> Self {
        Self {
            name: created.name,
            external_id: created.external_id,
            time_zone: created.time_zone,
            currency: created.currency,
            language: created.language,
            invoice_prefix: created.invoice_prefix,
        }
    }
}

impl Settings {
    fn change(&mut self, changed: &SettingsChanged) {
        let SettingsChanged { name, time_zone, currency, language, invoice_prefix } = changed.clone();
        self.name = name.unwrap_or_else(|| self.name.clone());
        self.time_zone = time_zone.unwrap_or_else(|| self.time_zone.clone());
        self.currency = currency.unwrap_or(self.currency);
        self.language = language.unwrap_or(self.language);
        self.invoice_prefix = invoice_prefix.unwrap_or_else(|| self.invoice_prefix.clone());
    }
}
