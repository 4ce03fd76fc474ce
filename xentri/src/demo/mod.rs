//! Demo data: three companies and a year of their business, the same every time, given as commands like anybody's.
//!
//! Here lives what happens; `up` says when. Nothing of it is random: a seed stands for chance, so that two who talk about a lead
//! talk about the same one.

mod company;
mod orgs;
mod sales;
mod story;
mod teller;
mod words;

#[cfg(test)]
mod tests;

use xentri_ledger::Ledger;
use xentri_schemas::Environment;

pub(crate) use orgs::{DemoOrg, ORGS};

/// Gives all commands. Where some were given before, they are found done, and it goes on behind them.
pub(crate) async fn load(ledger: &Ledger, environment: Environment) -> anyhow::Result<()> {
    let told = ORGS.iter().map(|org| teller::tell(ledger, environment, org));
    futures_util::future::try_join_all(told).await?;
    Ok(())
}

/// Whether somebody has orgs in this ledger already.
pub(crate) async fn has_orgs(ledger: &Ledger) -> anyhow::Result<bool> {
    for shard in ledger.databases().shard_map().shards() {
        if !ledger.directory().of_shard(shard, None, 1).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
