//! Read models are what the ledger says, by the oracle's own fold of it.

use xentri_testkit::oracle;

use super::verdict::Verdict;
use crate::process::MASTER_KEY;

pub(super) async fn judge(admin_url: &str, verdict: &mut Verdict) {
    match oracle::differences(admin_url, MASTER_KEY).await {
        Ok(agreement) => verdict.proof.rows = agreement.rows.values().sum(),
        Err(disagreement) => verdict.fault(format!("read models: {disagreement}")),
    }
}
