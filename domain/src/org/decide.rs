//! Decisions on an org.

use super::{ChangeSettings, Create, Created, Org, OrgCommand, OrgError, Settings, SettingsChanged};
use crate::aggregate::{Aggregate, Decision, Facts, Halt};

impl Aggregate for Org {
    type Command = OrgCommand;
    type Error = OrgError;

    fn decide(&self, command: OrgCommand, facts: &Facts) -> Result<Decision<Self>, Halt<OrgError>> {
        match (command, &self.settings) {
            // The org is the tenant: its stream has the id under which it is asked for.
            (OrgCommand::Create(_), None) if facts.stream != facts.org().into() => {
                Err(OrgError::AnotherOrg { id: facts.stream, org: facts.org() }.into())
            }
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
