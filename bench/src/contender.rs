//! What a contender has to bring, and what is asked of each alike.

use std::future::Future;
use std::time::Duration;

use uuid::Uuid;
use xentri_ledger::AppendStats;

use crate::bodies;
use crate::measure::Load;

/// A store of events on a database of its own, which nobody has used before and which goes with the value.
pub(crate) trait Contender: Sized + Send + Sync + 'static {
    /// With whatever the load needs to be there before the clock starts.
    fn set_up(load: Load) -> impl Future<Output = anyhow::Result<Self>> + Send;

    /// Decides and stores one command; returns when the event would survive a crash.
    fn execute(&self, command: Command) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// What was made ready may not last for a round of all clients: the run ends early.
    fn is_spent(&self) -> bool {
        false
    }

    /// Of the commands of this run, where any go together.
    fn calls(&self) -> Option<Calls> {
        None
    }

    /// Whether what so many commands have left is right.
    fn check(&self, _commands: u64) -> impl Future<Output = anyhow::Result<()>> + Send {
        async { Ok(()) }
    }
}

/// How commands went to the database together, in the mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Calls {
    pub(crate) commands: f64,
    pub(crate) took: Duration,
}

impl Calls {
    pub(crate) fn between(before: AppendStats, after: AppendStats) -> Self {
        let calls = (after.calls - before.calls).max(1);
        #[allow(clippy::cast_precision_loss, reason = "counts of some seconds are far below 2^52")]
        let (sent, count) = ((after.sent - before.sent) as f64, calls as f64);
        Self { commands: sent / count, took: after.in_calls.saturating_sub(before.in_calls).div_f64(count) }
    }
}

/// A client sends the commands of one lead in order, each when the one before is answered, then those of the next. Where
/// all work on the same, the contender knows on what; where there are other streams, they have the lead's id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Command {
    pub(crate) lead: Uuid,
    /// 0 makes the lead; the others follow it on the same stream.
    pub(crate) step: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// Every command makes a lead of its own.
    Create,
    /// Five commands on every lead, its creation the first.
    Lifecycle,
    /// Customers won and served: a lead's life, an invoice's, a page's and an item of Pulse. What a backlog is made of.
    Business,
    /// All clients on one and the same lead.
    OneStream,
    /// All clients issue invoices of one org, which are drafted before.
    Issue,
}

impl Scenario {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Lifecycle => "lifecycle",
            Self::Business => "business",
            Self::OneStream => "one stream",
            Self::Issue => "issue",
        }
    }

    pub(crate) fn steps(self) -> usize {
        match self {
            Self::Lifecycle => 5,
            Self::Business => bodies::BUSINESS_STEPS,
            Self::Create | Self::OneStream | Self::Issue => 1,
        }
    }

    /// Of all steps together.
    pub(crate) fn events(self) -> u64 {
        match self {
            Self::Lifecycle => 5,
            Self::Business => bodies::BUSINESS_EVENTS,
            Self::Create | Self::OneStream => 1,
            Self::Issue => 2,
        }
    }
}
