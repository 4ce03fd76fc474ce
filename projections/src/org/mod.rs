//! The org and its settings.

mod query;

#[cfg(test)]
mod tests;

use compact_str::{CompactString, ToCompactString};
use uuid::Uuid;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_domain::org::{Created, OrgEvent, SettingsChanged};
use xentri_domain::registry::Event;

use crate::kit::{FoldError, LedgerEvent, NoSum, Projection, row};

pub use query::org_in_tx;

row! {
    /// An org.
    pub struct OrgRow in "orgs" {
        pub org_id: OrgId,
        pub id: Uuid,
        pub version: i64,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub name: CompactString,
        pub external_id: Option<CompactString>,
        pub time_zone: CompactString,
        pub currency: CompactString,
        pub language: CompactString,
        pub invoice_prefix: CompactString,
    }
}

#[derive(Debug)]
pub struct Orgs;

impl Projection for Orgs {
    const NAME: &'static str = "org";
    const VERSION: i32 = 1;
    const STREAMS: &'static [&'static str] = &["org"];
    type Row = OrgRow;
    type Sum = NoSum;

    fn keys(event: &LedgerEvent) -> Vec<Uuid> {
        match event.payload() {
            Event::Org(_) => vec![event.stream_id()],
            _ => Vec::new(),
        }
    }

    fn fold(_key: Uuid, row: Option<OrgRow>, event: &LedgerEvent) -> Result<Option<OrgRow>, FoldError> {
        let row = match (event.payload(), row) {
            (Event::Org(OrgEvent::Created(created)), _) => OrgRow::of(event, created),
            (Event::Org(OrgEvent::SettingsChanged(changed)), Some(row)) => row.after(event, changed),
            (Event::Org(OrgEvent::SettingsChanged(_)), None) => return Err(FoldError::NoRow),
            (_, row) => return Ok(row),
        };
        Ok(Some(row))
    }
}

impl OrgRow {
    fn of(event: &LedgerEvent, created: &Created) -> Self {
        Self {
            org_id: event.org(),
            id: event.stream_id(),
            version: event.version(),
            created_at: event.recorded_at,
            updated_at: event.recorded_at,
            name: created.name.to_compact_string(),
            external_id: created.external_id.as_ref().map(ToCompactString::to_compact_string),
            time_zone: created.time_zone.to_compact_string(),
            currency: created.currency.to_compact_string(),
            language: created.language.to_compact_string(),
            invoice_prefix: created.invoice_prefix.to_compact_string(),
        }
    }

    fn after(mut self, event: &LedgerEvent, changed: &SettingsChanged) -> Self {
        fn set(setting: &mut CompactString, to: Option<&impl ToCompactString>) {
            if let Some(to) = to {
                *setting = to.to_compact_string();
            }
        }
        self.version = event.version();
        self.updated_at = event.recorded_at;
        set(&mut self.name, changed.name.as_ref());
        set(&mut self.time_zone, changed.time_zone.as_ref());
        set(&mut self.currency, changed.currency.as_ref());
        set(&mut self.language, changed.language.as_ref());
        set(&mut self.invoice_prefix, changed.invoice_prefix.as_ref());
        self
    }
}
