//! A whole ledger verified by `xentri audit verify`: every event read, hashed, and held against the one before it.

use anyhow::{Context as _, ensure};

use super::Sample;
use super::folded::Folded;
use super::metered::Metered;
use crate::machine;
use crate::process::role;

/// From when it has begun to read, as it tells itself.
pub(super) async fn run(ledger: &Folded) -> anyhow::Result<Sample> {
    machine::checkpoint().await?;
    let mut audit = role("audit", ledger.database(), None)?;
    audit.args(["verify", "--all", "--json"]);
    let mut audit = Metered::start(audit, ledger.database()).await?;
    let told = audit.next().await?.context("xentri audit tells nothing")?;
    let used = audit.used(ledger.events).await?;
    audit.end().await?;
    ensure!(
        told["fits"] == true && told["events"].as_u64() == Some(ledger.events),
        "it does not fit: {told}"
    );
    let seconds = told["seconds"].as_f64().context("it does not tell how long it took")?;
    #[allow(clippy::cast_precision_loss, reason = "a count of events is far below 2^52")]
    let rate = ledger.events as f64 / seconds;
    Ok(Sample { rate, used, ..Sample::default() })
}
