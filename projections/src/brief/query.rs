//! What readers ask of their org's brief.

use xentri_domain::kernel::BriefId;
use xentri_ledger::{DatabaseError, TenantTx};

use super::{BriefRow, Briefs};
use crate::kit::{Projection as _, Select};

/// None before it is started.
pub async fn brief_in_tx(tx: &mut TenantTx) -> Result<Option<BriefRow>, DatabaseError> {
    let id = BriefId::of(tx.org()).uuid();
    Select::of(tx, Briefs::VERSION).equal("id", &id).one_in_tx(tx).await
}
