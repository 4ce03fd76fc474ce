//! The command line of `xentri rebuild`.

use std::time::Duration;

use clap::Args;

use crate::cli::{BesideOptions, duration};

/// Makes read models anew from the ledger beside those that readers see, proves that both are the same, and puts the new ones in
/// their place. Nobody who reads notices. Interrupted, it goes on when it is asked for again. What is not the same is shown and
/// not swapped, and the command ends with 1.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line, each for itself")]
pub(crate) struct RebuildOptions {
    #[command(flatten)]
    pub(crate) beside: BesideOptions,

    /// Read models, as `--list` names them, or all.
    #[arg(required_unless_present = "list", value_name = "PROJECTION")]
    pub(crate) projections: Vec<String>,

    #[command(flatten)]
    pub(crate) instead: Instead,

    /// Swap although it differs: from an older version, or from what was kept and looked at.
    #[arg(long)]
    pub(crate) accept: bool,

    /// Keep what differs, for `--resume --accept` or `--cancel`, instead of dropping it.
    #[arg(long)]
    pub(crate) keep: bool,

    /// Show what differs of persons too.
    #[arg(long, requires = "reason")]
    pub(crate) show_personal: bool,

    /// Why somebody has to see that; it goes into the log.
    #[arg(long, value_name = "TEXT", requires = "show_personal")]
    pub(crate) reason: Option<String>,

    /// Read so many events a second at most.
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) throttle: Option<u32>,

    /// How many megabytes rows may take in memory, roughly.
    #[arg(long, value_name = "MB", default_value = "128", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub(crate) memory: u32,

    /// How long `--rollback` is possible, as in 90s, 30m, 1h or 7d.
    #[arg(long, default_value = "1d", value_parser = duration)]
    pub(crate) grace: Duration,

    /// Who asks for it; the user of this process when left out.
    #[arg(long, value_name = "WHO")]
    pub(crate) by: Option<String>,

    /// Print lines of JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is done in place of a rebuild.
#[derive(Debug, Args)]
#[group(multiple = false)]
#[allow(clippy::struct_excessive_bools, reason = "one flag at most is given")]
pub(crate) struct Instead {
    /// Go on with what was begun, and begin nothing.
    #[arg(long)]
    pub(crate) resume: bool,

    /// Ask the process that does it to stop where it is.
    #[arg(long)]
    pub(crate) pause: bool,

    /// End it and drop what was made.
    #[arg(long)]
    pub(crate) cancel: bool,

    /// Show readers again what they saw before; what they see now is fed on for the grace time.
    #[arg(long)]
    pub(crate) rollback: bool,

    /// List the rebuilds that there are and were, and the read models.
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    Rebuild,
    Pause,
    Cancel,
    Rollback,
    List,
}

impl Instead {
    pub(super) fn task(&self) -> Task {
        match self {
            Self { pause: true, .. } => Task::Pause,
            Self { cancel: true, .. } => Task::Cancel,
            Self { rollback: true, .. } => Task::Rollback,
            Self { list: true, .. } => Task::List,
            Self { .. } => Task::Rebuild,
        }
    }
}
