//! What readers ask of their org.

use xentri_ledger::{DatabaseError, TenantTx};

use super::{OrgRow, Orgs};
use crate::kit::{Projection as _, Select};

/// The org that the transaction is for.
pub async fn org_in_tx(tx: &mut TenantTx) -> Result<Option<OrgRow>, DatabaseError> {
    let id = tx.org();
    Select::of(tx, Orgs::VERSION).equal("id", &id).one_in_tx(tx).await
}
