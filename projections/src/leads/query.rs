//! What readers ask of leads.

use uuid::Uuid;
use xentri_domain::kernel::UserId;
use xentri_ledger::{DatabaseError, TenantTx};

use super::{LeadRow, Leads, PipelineRow};
use crate::kit::{Order, OrderValue, Projection as _, RowPage, Select, Wanted};

/// Which leads; each field that is none leaves them all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeadFilter {
    pub state: Option<String>,
    pub source: Option<String>,
    pub owner: Option<UserId>,
    /// What name or company begins with, in any case. It tells of persons, so it is for those who may read them. In the order
    /// of names it is a range of an index; in another, all that is found is sorted.
    pub search: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LeadOrder {
    #[default]
    CreatedAt,
    Name,
}

impl Order<LeadRow> for LeadOrder {
    fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::Name => "search",
        }
    }

    fn value(self, row: &LeadRow) -> OrderValue {
        match self {
            Self::CreatedAt => OrderValue::Moment(row.created_at),
            Self::Name => OrderValue::Text(row.search.to_string()),
        }
    }
}

pub async fn lead_in_tx(tx: &mut TenantTx, id: Uuid) -> Result<Option<LeadRow>, DatabaseError> {
    Select::of(tx, Leads::VERSION).equal("id", &id).one_in_tx(tx).await
}

/// Those of them that there are, in no order: one statement for whatever many rows refer to.
pub async fn leads_by_id_in_tx(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<LeadRow>, DatabaseError> {
    Select::of(tx, Leads::VERSION).among("id", ids).all_in_tx(tx).await
}

pub async fn leads_in_tx(
    tx: &mut TenantTx,
    filter: &LeadFilter,
    wanted: &Wanted<LeadOrder>,
) -> Result<RowPage<LeadRow>, DatabaseError> {
    filtered(tx, filter).page_in_tx(tx, wanted).await
}

pub(super) fn filtered(tx: &TenantTx, filter: &LeadFilter) -> Select<LeadRow> {
    let prefix = filter.search.as_ref().map(|search| search.trim_start().to_lowercase());
    Select::of(tx, Leads::VERSION)
        .equal("state", &filter.state)
        .equal("source", &filter.source)
        .equal("owner", &filter.owner)
        .begins_with("search", &prefix.unwrap_or_default())
}

/// How many leads there are in which state, worth how much in which currency.
pub async fn pipeline_in_tx(tx: &mut TenantTx) -> Result<Vec<PipelineRow>, DatabaseError> {
    Select::of(tx, Leads::VERSION).all_in_tx(tx).await
}

/// How many leads there are, or how many in that state.
pub async fn lead_count_in_tx(tx: &mut TenantTx, state: Option<&str>) -> Result<i64, DatabaseError> {
    let pipeline = pipeline_in_tx(tx).await?;
    let counted = pipeline.iter().filter(|sum| state.is_none_or(|state| sum.state == state));
    Ok(counted.map(|sum| sum.leads).sum())
}
