//! One read model made anew by `xentri rebuild`, from the first event of a ledger that is folded already.

use anyhow::{bail, ensure};
use tokio::process::Command;
use xentri_testkit::TestDb;

use super::Sample;
use super::folded::Folded;
use super::metered::Metered;
use crate::machine;
use crate::process::role;

/// What follows when everything is loaded; it tells no more than once a second where it is, and may be past the first.
const LOADED: [&str; 2] = ["comparing", "settling"];

/// Loaded, that is; that the new rows are the old ones is proven afterwards, or this fails.
pub(super) async fn run(ledger: &Folded) -> anyhow::Result<Sample> {
    machine::checkpoint().await?;
    let mut rebuild = Metered::start(command(ledger.database())?, ledger.database()).await?;
    let mut used = None;
    loop {
        let Some(told) = rebuild.next().await? else { bail!("xentri rebuild tells nothing in the end") };
        let phase = told["progress"]["phase"].as_str();
        if used.is_none() && phase.is_some_and(|phase| LOADED.contains(&phase)) {
            used = rebuild.used(ledger.events).await?;
        }
        if let Some(millis) = told["loaded_ms"].as_f64() {
            ensure!(told["events"].as_u64() == Some(ledger.events), "not all events: {told}");
            rebuild.end().await?;
            #[allow(clippy::cast_precision_loss, reason = "a count of events is far below 2^52")]
            let rate = ledger.events as f64 * 1000.0 / millis;
            return Ok(Sample { rate, used, ..Sample::default() });
        }
    }
}

/// Nobody reads, so nobody has to be waited for.
pub(super) fn command(database: &TestDb) -> anyhow::Result<Command> {
    let mut rebuild = role("rebuild", database, None)?;
    rebuild.args(["leads", "--json", "--grace", "1s"]).env("XENTRI_HTTP_REQUEST_TIMEOUT", "1s");
    Ok(rebuild)
}
