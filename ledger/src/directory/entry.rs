//! What the directory has of an org.

use sqlx::Row;
use sqlx::postgres::PgRow;
use xentri_domain::kernel::{Currency, Language, OrgId, TimeZone};
use xentri_domain::org::{ExternalId, InvoicePrefix};

use crate::database::{DatabaseError, Home};
use crate::shard::Shard;

/// An active org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgEntry {
    pub home: Home,
    pub external_id: Option<ExternalId>,
    pub settings: OrgSettings,
}

/// A copy of what the org's stream says; the stream is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgSettings {
    pub time_zone: TimeZone,
    pub currency: Currency,
    pub language: Language,
    pub invoice_prefix: InvoicePrefix,
}

/// The columns that [`OrgEntry::read`] expects, in order.
pub(super) const COLUMNS: &str = "org_id, shard, external_id, time_zone, currency, language, invoice_prefix";

impl OrgEntry {
    pub(super) fn read(row: &PgRow) -> Result<Self, DatabaseError> {
        let text = |column: usize| row.try_get::<&str, _>(column);
        let org = OrgId::try_from(row.try_get::<uuid::Uuid, _>(0)?).map_err(|_| unreadable("org_id"))?;
        let shard = shard_at(row, 1)?;
        let external_id = row.try_get::<Option<&str>, _>(2)?;
        let external_id =
            external_id.map(ExternalId::parse).transpose().map_err(|_| unreadable("external_id"))?;
        Ok(Self {
            home: Home::new(org, shard),
            external_id,
            settings: OrgSettings {
                time_zone: TimeZone::parse(text(3)?).map_err(|_| unreadable("time_zone"))?,
                currency: Currency::parse(text(4)?).map_err(|_| unreadable("currency"))?,
                language: language(text(5)?)?,
                invoice_prefix: InvoicePrefix::parse(text(6)?).map_err(|_| unreadable("invoice_prefix"))?,
            },
        })
    }
}

pub(super) fn shard_at(row: &PgRow, column: usize) -> Result<Shard, DatabaseError> {
    let number = u16::try_from(row.try_get::<i32, _>(column)?).map_err(|_| unreadable("shard"))?;
    Ok(Shard::new(number))
}

fn language(word: &str) -> Result<Language, DatabaseError> {
    let known = [Language::En, Language::Es].into_iter().find(|language| language.as_str() == word);
    known.ok_or_else(|| unreadable("language"))
}

fn unreadable(column: &str) -> DatabaseError {
    let message = format!("column {column} of table org holds what this program can't read");
    DatabaseError::Failed { code: "none".to_owned(), message }
}
