//! What readers ask of pages.

use std::collections::HashMap;

use uuid::Uuid;
use xentri_ledger::{DatabaseError, TenantTx};

use super::{PageCountRow, PageRow, Pages};
use crate::kit::{Order, OrderValue, Projection as _, RowPage, Select, Wanted};

/// Which pages of a site; all when no state is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFilter {
    pub site_id: Uuid,
    pub state: Option<String>,
}

/// Within a site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PageOrder {
    #[default]
    Path,
}

impl Order<PageRow> for PageOrder {
    fn column(self) -> &'static str {
        match self {
            Self::Path => "path",
        }
    }

    fn value(self, row: &PageRow) -> OrderValue {
        match self {
            Self::Path => OrderValue::Text(row.path.to_string()),
        }
    }
}

pub async fn page_in_tx(tx: &mut TenantTx, id: Uuid) -> Result<Option<PageRow>, DatabaseError> {
    Select::of(tx, Pages::VERSION).equal("id", &id).one_in_tx(tx).await
}

/// Those of them that there are, in no order: one statement for whatever many rows refer to.
pub async fn pages_by_id_in_tx(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<PageRow>, DatabaseError> {
    Select::of(tx, Pages::VERSION).among("id", ids).all_in_tx(tx).await
}

pub async fn pages_in_tx(
    tx: &mut TenantTx,
    filter: &PageFilter,
    wanted: &Wanted<PageOrder>,
) -> Result<RowPage<PageRow>, DatabaseError> {
    filtered(tx, filter).page_in_tx(tx, wanted).await
}

pub(super) fn filtered(tx: &TenantTx, filter: &PageFilter) -> Select<PageRow> {
    Select::of(tx, Pages::VERSION).equal("site_id", &filter.site_id).equal("state", &filter.state)
}

/// The first pages of each of these sites, by path: one statement for a whole list of sites. A site without pages is missing.
pub async fn first_pages_in_tx(
    tx: &mut TenantTx,
    sites: &[Uuid],
    limit: u16,
) -> Result<HashMap<Uuid, RowPage<PageRow>>, DatabaseError> {
    let rows = first_of(tx, sites, limit).all_in_tx(tx).await?;
    let mut by_site: HashMap<Uuid, Vec<PageRow>> = HashMap::new();
    for row in rows {
        by_site.entry(row.site_id).or_default().push(row);
    }
    Ok(by_site.into_iter().map(|(site, rows)| (site, RowPage::cut(rows, limit))).collect())
}

pub(super) fn first_of(tx: &TenantTx, sites: &[Uuid], limit: u16) -> Select<PageRow> {
    Select::first_of_each(tx, Pages::VERSION, "site_id", sites, PageOrder::Path, limit)
}

/// How many pages these sites have, and in which states.
pub async fn page_counts_in_tx(
    tx: &mut TenantTx,
    sites: &[Uuid],
) -> Result<Vec<PageCountRow>, DatabaseError> {
    Select::of(tx, Pages::VERSION).among("site_id", sites).all_in_tx(tx).await
}
