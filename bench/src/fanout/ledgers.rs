//! What rows are measured on: filled before the first run, once for all rows that need the same, and not at all where none does.

use std::time::Duration;

use tokio::sync::OnceCell;

use super::backlog::Backlog;
use super::folded::Folded;
use super::{Row, Sample, beside, catch_up, rebuilt, relayed, verified, visible};
use crate::dispatched::Spread;
use crate::postgres_es::Replayed;

#[derive(Default)]
pub(super) struct Ledgers {
    /// How many each of them has.
    events: u64,
    backlog: OnceCell<Backlog>,
    even: OnceCell<Folded>,
    uneven: OnceCell<Folded>,
    /// Not the even one, which is to be the same in every run.
    growing: OnceCell<Folded>,
    replayed: OnceCell<Replayed>,
}

impl Ledgers {
    pub(super) fn with(events: u64) -> Self {
        Self { events, ..Self::default() }
    }

    pub(super) async fn fill_for(&self, row: Row) -> anyhow::Result<()> {
        match row {
            Row::Visible(..) => {}
            Row::CatchUp | Row::Relay => {
                self.backlog().await?;
            }
            Row::Rebuild(spread) => {
                self.folded(spread).await?;
            }
            Row::Replay => {
                self.replayed().await?;
            }
            Row::Beside => {
                self.growing().await?;
            }
            Row::Verify => {
                self.folded(Spread::Even).await?;
            }
        }
        Ok(())
    }

    /// Once more, as run number `run`.
    pub(super) async fn measure(&self, row: Row, run: u64, time: Duration) -> anyhow::Result<Sample> {
        match row {
            Row::Visible(source, pace) => visible::run(source, pace, time).await,
            Row::CatchUp => catch_up::run(self.backlog().await?).await,
            Row::Rebuild(spread) => rebuilt::run(self.folded(spread).await?).await,
            Row::Replay => {
                let rate = self.replayed().await?.replay().await?;
                Ok(Sample { rate, ..Sample::default() })
            }
            Row::Beside => beside::run(self.growing().await?, run, time).await,
            Row::Verify => verified::run(self.folded(Spread::Even).await?).await,
            Row::Relay => relayed::run(self.backlog().await?).await,
        }
    }

    async fn backlog(&self) -> anyhow::Result<&Backlog> {
        self.backlog.get_or_try_init(|| Backlog::fill(self.events)).await
    }

    async fn folded(&self, spread: Spread) -> anyhow::Result<&Folded> {
        let ledger = match spread {
            Spread::Even => &self.even,
            Spread::OneHasMost => &self.uneven,
        };
        ledger.get_or_try_init(|| Folded::fill(spread, self.events)).await
    }

    async fn growing(&self) -> anyhow::Result<&Folded> {
        self.growing.get_or_try_init(|| Folded::fill(Spread::Even, self.events)).await
    }

    async fn replayed(&self) -> anyhow::Result<&Replayed> {
        self.replayed.get_or_try_init(|| Replayed::fill(self.events)).await
    }
}
