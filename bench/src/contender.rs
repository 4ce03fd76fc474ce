//! What a contender has to bring, and what is asked of each alike.

use std::future::Future;

use uuid::Uuid;

/// A store of events on a database of its own, which nobody has used before and which goes with the value.
pub(crate) trait Contender: Sized + Send + Sync + 'static {
    fn set_up() -> impl Future<Output = anyhow::Result<Self>> + Send;

    /// Decides and stores one command; returns when the event would survive a crash.
    fn execute(&self, command: Command) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// How many commands went together, where any do.
    fn batch_size(&self) -> Option<f64> {
        None
    }
}

/// A client sends the commands of one lead in order, each when the one before is answered, then those of the next.
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
}

impl Scenario {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Lifecycle => "lifecycle",
        }
    }

    pub(crate) fn steps(self) -> usize {
        match self {
            Self::Create => 1,
            Self::Lifecycle => 5,
        }
    }
}
