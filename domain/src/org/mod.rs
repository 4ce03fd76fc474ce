//! The org itself: a tenant and the settings that other decisions read.
//!
//! Its stream has the org's own id. An org is created once and never ends here; erasing one destroys its key,
//! which is the ledger's concern.

mod command;
mod error;
mod event;
mod settings;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Decision, Facts, Halt, Stream, no_personal};
use crate::kernel::{Currency, Language, Text, TimeZone};

pub use command::{ChangeSettings, Create, OrgCommand};
pub use error::OrgError;
pub use event::{Created, OrgEvent, SettingsChanged};
pub use settings::{ExternalId, InvoicePrefix};

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

impl Aggregate for Org {
    type Command = OrgCommand;
    type Error = OrgError;

    fn decide(&self, command: OrgCommand, facts: &Facts) -> Result<Decision<Self>, Halt<OrgError>> {
        match (command, &self.settings) {
            (OrgCommand::Create(create), None) => Ok(Decision::event(Created::from(create))),
            (OrgCommand::Create(_), Some(_)) => Err(OrgError::AlreadyExists { id: facts.stream }.into()),
            (OrgCommand::ChangeSettings(_), None) => Err(OrgError::NotFound { id: facts.stream }.into()),
            (OrgCommand::ChangeSettings(wanted), Some(settings)) => {
                let changed = settings.difference(wanted);
                if changed == SettingsChanged::default() {
                    return Ok(Decision::nothing());
                }
                Ok(Decision::event(changed))
            }
        }
    }
}

impl From<Create> for Created {
    fn from(create: Create) -> Self {
        Self {
            name: create.name,
            external_id: create.external_id,
            time_zone: create.time_zone,
            currency: create.currency,
            language: create.language,
            invoice_prefix: create.invoice_prefix.unwrap_or_default(),
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
    /// What of `wanted` is not so already.
    fn difference(&self, wanted: ChangeSettings) -> SettingsChanged {
        SettingsChanged {
            name: wanted.name.filter(|name| *name != self.name),
            time_zone: wanted.time_zone.filter(|time_zone| *time_zone != self.time_zone),
            currency: wanted.currency.filter(|currency| *currency != self.currency),
            language: wanted.language.filter(|language| *language != self.language),
            invoice_prefix: wanted.invoice_prefix.filter(|prefix| *prefix != self.invoice_prefix),
        }
    }

    fn change(&mut self, changed: &SettingsChanged) {
        let SettingsChanged { name, time_zone, currency, language, invoice_prefix } = changed.clone();
        self.name = name.unwrap_or_else(|| self.name.clone());
        self.time_zone = time_zone.unwrap_or_else(|| self.time_zone.clone());
        self.currency = currency.unwrap_or(self.currency);
        self.language = language.unwrap_or(self.language);
        self.invoice_prefix = invoice_prefix.unwrap_or_else(|| self.invoice_prefix.clone());
    }
}
