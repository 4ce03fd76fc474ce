//! Who does what is ordered.

use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval, sleep};
use xentri_ledger::{DatabaseError, Shard};

use super::book::Orders;
use super::order::{Order, OrderState};
use crate::rebuild::book::Wish;
use crate::rebuild::{Progress, ProgressSender, RebuildError, Rebuilds, Rebuilt, Request};

/// How often somebody looks for orders, and says how far they are.
const LOOKS: Duration = Duration::from_secs(1);
const BETWEEN_TRIES: Duration = Duration::from_secs(5);

/// Which way, and what came of it.
type Outcome = (OrderState, Option<Value>);

/// One process does so at a time: two would be in each other's way, and do nothing twice.
pub struct Clerk {
    orders: Orders,
    rebuilds: Rebuilds,
}

impl Clerk {
    pub fn new(orders: Orders, rebuilds: Rebuilds) -> Self {
        Self { orders, rebuilds }
    }

    pub fn shard(&self) -> Shard {
        self.orders.shard()
    }

    /// One order after the other, until it is dropped. What is not done by then, another goes on with.
    pub async fn work(&self) {
        let mut looks = interval(LOOKS);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            if let Err(error) = self.do_next().await {
                tracing::warn!(%error, "rebuilds that are ordered can't be done now");
            }
        }
    }

    async fn do_next(&self) -> Result<(), DatabaseError> {
        let Some(order) = self.orders.next().await? else { return Ok(()) };
        let progress = ProgressSender::from(order.progress());
        let outcome = match order.state {
            OrderState::Cancelling => Some(self.clear(&order).await),
            _ => self.rebuild(&order, &progress).await?,
        };
        let Some((state, outcome)) = outcome else {
            sleep(BETWEEN_TRIES).await;
            return Ok(());
        };
        let last = progress.subscribe().borrow().clone();
        tracing::info!(order = %order.id, by = order.requested_by, %state, "an ordered rebuild has ended");
        while let Err(error) = self.orders.end(order.id, state, outcome.as_ref(), &last).await {
            tracing::warn!(order = %order.id, %error, "the end of a rebuild can't be noted now");
            sleep(LOOKS).await;
        }
        Ok(())
    }

    /// Nobody does it. It may have come to its end before it was cancelled.
    async fn clear(&self, order: &Order) -> Outcome {
        for name in &order.projections {
            match self.rebuilds.cancel(name).await {
                Ok(_) | Err(RebuildError::NothingUnderWay(_)) => {}
                Err(error) => return (OrderState::Failed, Some(json!({ "error": error.to_string() }))),
            }
        }
        let begin_nothing = Request { only_resume: true, ..order.request() };
        let made = self.rebuilds.run(&begin_nothing, &ProgressSender::new()).await.unwrap_or_default();
        let is_made = |name: &String| made.iter().any(|one| one.id.projection == *name);
        if order.projections.iter().all(is_made) { told(Ok(made)) } else { (OrderState::Cancelled, None) }
    }

    /// None where somebody else is at it, who is waited for.
    async fn rebuild(
        &self,
        order: &Order,
        progress: &ProgressSender,
    ) -> Result<Option<Outcome>, DatabaseError> {
        let request = order.request();
        let paced = self.rebuilds.paced(order.throttle);
        let mut run = paced.run(&request, progress).boxed();
        let seen = progress.subscribe();
        let mut looks = interval(LOOKS);
        let done = loop {
            tokio::select! {
                done = &mut run => break done,
                _ = looks.tick() => {
                    let now = seen.borrow().clone();
                    self.tell(order, &now).await;
                }
            }
        };
        if let Err(RebuildError::Running(name)) = &done {
            let why = format!("{name} is being rebuilt by another process");
            self.orders.tell(order.id, &Progress { waits: Some(why), ..order.progress() }).await?;
            return Ok(None);
        }
        Ok(Some(told(done)))
    }

    /// What runs sees by itself that it is to end. It is told again and again, as one that has just begun forgets it.
    async fn tell(&self, order: &Order, now: &Progress) {
        let told = async {
            // It may have been cancelled before anybody was told that it runs.
            let state = self.orders.tell(order.id, now).await?;
            if matches!(state, OrderState::Cancelling | OrderState::Cancelled) {
                for name in &order.projections {
                    self.rebuilds.wish(name, Wish::Cancel).await?;
                }
            }
            Ok::<_, RebuildError>(())
        };
        if let Err(error) = told.await {
            tracing::warn!(order = %order.id, %error, "how far a rebuild is can't be told now");
        }
    }
}

fn told(done: Result<Vec<Rebuilt>, RebuildError>) -> Outcome {
    match done {
        Ok(rebuilt) => {
            let rebuilt: Vec<_> = rebuilt.iter().map(Rebuilt::as_value).collect();
            (OrderState::Done, Some(json!({ "rebuilt": rebuilt })))
        }
        Err(RebuildError::Differs(differences)) => {
            let differences: Vec<_> =
                differences.iter().map(|difference| difference.as_value(false)).collect();
            (OrderState::Differing, Some(json!({ "differences": differences })))
        }
        Err(RebuildError::Cancelled(_)) => (OrderState::Cancelled, None),
        Err(RebuildError::Paused(_)) => (OrderState::Paused, None),
        Err(error) => (OrderState::Failed, Some(json!({ "error": error.to_string() }))),
    }
}
