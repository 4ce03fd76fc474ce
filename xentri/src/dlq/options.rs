//! The command line of `xentri dlq`.

use clap::{Args, Subcommand};
use xentri_domain::kernel::{Clock as _, OrgId, Timestamp};
use xentri_workers::parked::ParkedId;

use crate::cli::{BesideOptions, duration};
use crate::clock::SystemClock;

#[derive(Debug, Subcommand)]
pub(crate) enum DlqCommand {
    /// List what is parked, and what waits behind it.
    List(ListOptions),
    /// Show one parked event as the ledger has it; what is personal in it stays sealed.
    Show(ShowOptions),
    /// Try parked events again, and then in order those that wait behind them.
    Retry(RetryOptions),
    /// Leave an event out for good, rebuilds included; what waited for it alone is taken. Who and why is recorded.
    Discard(DiscardOptions),
}

/// The ledger of a server's configuration, or of the `xentri up` that runs on a data directory.
#[derive(Debug, Args)]
pub(crate) struct LedgerOptions {
    #[command(flatten)]
    pub(crate) beside: BesideOptions,

    /// Print one line of JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListOptions {
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,

    /// Of this read model or reactor only.
    #[arg(long)]
    pub(crate) projection: Option<String>,

    /// Of this org only.
    #[arg(long)]
    pub(crate) org: Option<OrgId>,

    /// Of what belongs together by this id only.
    #[arg(long, value_name = "ID")]
    pub(crate) correlation: Option<String>,

    /// Parked at this time or later, as in 2026-11-21T08:00:00Z, or so long ago at most, as in 90s, 30m, 1h or 7d.
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub(crate) since: Option<Timestamp>,

    /// Without those that only wait behind others.
    #[arg(long)]
    pub(crate) failed: bool,

    /// At most so many.
    #[arg(long, default_value = "50", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,

    /// Those that come after this one.
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<ParkedId>,
}

#[derive(Debug, Args)]
pub(crate) struct ShowOptions {
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,

    /// As `list` names it, like leads/1/1/0/42.
    pub(crate) id: ParkedId,
}

/// Ends with 1 when one of them fails again. May be repeated, and stopped at any moment.
#[derive(Debug, Args)]
pub(crate) struct RetryOptions {
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,

    /// As `list` names them, like leads/1/1/0/42.
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "ID")]
    pub(crate) ids: Vec<ParkedId>,

    /// Everything that is parked.
    #[arg(long)]
    pub(crate) all: bool,

    /// With --all: of this read model or reactor only.
    #[arg(long, requires = "all")]
    pub(crate) projection: Option<String>,
}

/// It can't be taken back. On a terminal it asks first; elsewhere it wants --yes.
#[derive(Debug, Args)]
pub(crate) struct DiscardOptions {
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,

    /// As `list` names it, like leads/1/1/0/42.
    pub(crate) id: ParkedId,

    /// Why. It is kept for ever: nothing personal belongs here.
    #[arg(long, value_name = "TEXT", value_parser = words)]
    pub(crate) reason: String,

    /// Who decides it; the user of this process when left out.
    #[arg(long, value_name = "WHO", value_parser = words)]
    pub(crate) by: Option<String>,

    /// Do it without asking.
    #[arg(long)]
    pub(crate) yes: bool,
}

fn since(raw: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = Timestamp::parse(raw) {
        return Ok(moment);
    }
    let ago =
        duration(raw).map_err(|_| "expected a time like 2026-11-21T08:00:00Z, or 90s, 30m, 1h or 7d")?;
    let ago = i64::try_from(ago.as_micros()).unwrap_or(i64::MAX);
    let then = SystemClock.now().as_micros().saturating_sub(ago);
    Ok(Timestamp::from_micros(then).unwrap_or(Timestamp::MIN))
}

fn words(raw: &str) -> Result<String, String> {
    let words = raw.trim();
    if words.is_empty() { Err("it must say something".to_owned()) } else { Ok(words.to_owned()) }
}
