//! What items are about, by the names that their texts have for it.

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;
use xentri_ledger::{DatabaseError, TenantTx};

use super::PulseItemRow;

/// What a reader may see the name of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sees {
    /// People's names: for who may read leads and personal data.
    pub leads: bool,
    pub invoices: bool,
    pub websites: bool,
}

/// By the id of the thing: the word that texts have for it, and its name.
pub type ItemNames = HashMap<Uuid, (&'static str, String)>;

/// Of each type of thing: the word, and where its name is.
const NAMED: [(&str, &str); 4] = [
    ("lead", "select kept.id, kept.name from read.leads_v1 kept"),
    ("invoice", "select kept.id, kept.number from read.invoices_v1 kept"),
    ("site", "select kept.id, kept.name from read.sites_v1 kept"),
    ("page", "select kept.id, kept.title from read.pages_v1 kept"),
];

/// In one statement. Who is forgotten has no name, nor has a draft.
pub async fn item_names_in_tx(
    tx: &mut TenantTx,
    items: &[PulseItemRow],
    sees: Sees,
) -> Result<ItemNames, DatabaseError> {
    let wanted = NAMED.iter().enumerate().filter(|(_, (word, _))| match *word {
        "lead" => sees.leads,
        "invoice" => sees.invoices,
        _ => sees.websites,
    });
    let wanted = wanted.filter(|(_, (word, _))| items.iter().any(|item| item.about_type == *word));
    let parts: Vec<String> = wanted
        .map(|(place, (_, select))| {
            format!(
                "select {place}, named.* from ({select} where kept.org_id = $1 and kept.id = any($2)) named"
            )
        })
        .collect();
    if parts.is_empty() {
        return Ok(ItemNames::new());
    }
    let ids: Vec<Uuid> = items.iter().map(|item| item.about_id).collect();
    let query = sqlx::query(AssertSqlSafe(parts.join(" union all "))).bind(tx.org().uuid()).bind(ids);
    let mut names = ItemNames::new();
    for row in query.fetch_all(tx.connection()).await? {
        let place = usize::try_from(row.try_get::<i32, _>(0)?).unwrap_or_default();
        let (id, name) = (row.try_get::<Uuid, _>(1)?, row.try_get::<Option<String>, _>(2)?);
        names.extend(NAMED.get(place).zip(name).map(|((word, _), name)| (id, (*word, name))));
    }
    Ok(names)
}
