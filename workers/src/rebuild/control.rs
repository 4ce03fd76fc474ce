//! What others want of a rebuild, and how fast it may go.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep_until};
use xentri_ledger::{Databases, Shard, WorkerTx};

use super::RebuildError;
use super::book::{Wish, running_in_tx};

/// Looks on as long as it lives.
pub(super) struct Control {
    wishes: watch::Receiver<Option<(String, Wish)>>,
    _looking: JoinSet<()>,
}

impl Control {
    pub(super) fn watch(databases: &Databases, shard: Shard, names: Vec<String>, every: Duration) -> Self {
        let (sender, wishes) = watch::channel(None);
        let mut looking = JoinSet::new();
        looking.spawn(look(databases.clone(), shard, names, every, sender));
        Self { wishes, _looking: looking }
    }

    /// An error as soon as somebody wants it to end.
    pub(super) fn check(&self) -> Result<(), RebuildError> {
        match &*self.wishes.borrow() {
            Some((name, Wish::Pause)) => Err(RebuildError::Paused(name.clone())),
            Some((name, Wish::Cancel)) => Err(RebuildError::Cancelled(name.clone())),
            Some((_, Wish::Go)) | None => Ok(()),
        }
    }
}

async fn look(
    databases: Databases,
    shard: Shard,
    names: Vec<String>,
    every: Duration,
    sender: watch::Sender<Option<(String, Wish)>>,
) {
    let mut ticks = interval(every);
    loop {
        ticks.tick().await;
        // A database that is away is noticed by the work itself.
        if let Ok(Some(wish)) = wished(&databases, shard, &names).await {
            sender.send_replace(Some(wish));
        }
    }
}

async fn wished(
    databases: &Databases,
    shard: Shard,
    names: &[String],
) -> Result<Option<(String, Wish)>, RebuildError> {
    let mut tx = WorkerTx::begin(databases, shard, &[]).await?;
    for name in names {
        let entry = running_in_tx(tx.connection(), name).await?;
        if let Some(entry) = entry.filter(|entry| entry.wish != Wish::Go) {
            return Ok(Some((name.clone(), entry.wish)));
        }
    }
    tx.commit().await?;
    Ok(None)
}

/// So many events a second, whoever reads them.
pub(super) struct Pace {
    each: Option<Duration>,
    free_at: Mutex<Instant>,
}

impl Pace {
    pub(super) fn of(events_per_second: Option<u32>) -> Self {
        let each = events_per_second.map(|rate| Duration::from_secs(1) / rate.max(1));
        Self { each, free_at: Mutex::new(Instant::now()) }
    }

    /// How many events may be read at once: what is throttled holds no statement open for seconds.
    pub(super) fn page(&self, most: u64) -> u64 {
        let of_a_quarter = self.each.map_or(u128::from(most), |each| 250_000_000 / each.as_nanos().max(1));
        u64::try_from(of_a_quarter).unwrap_or(most).clamp(1, most)
    }

    /// Waits for its turn to read so many.
    pub(super) async fn turn(&self, events: u64) {
        if let Some(at) = self.reserve(events, Instant::now()) {
            sleep_until(at).await;
        }
    }

    fn reserve(&self, events: u64, now: Instant) -> Option<Instant> {
        let takes = self.each?.saturating_mul(u32::try_from(events).unwrap_or(u32::MAX));
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let at = (*free_at).max(now);
        *free_at = at + takes;
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_read_share_what_is_allowed_in_a_second() {
        let (pace, now) = (Pace::of(Some(1000)), Instant::now());
        let turns: Vec<_> = (0..16).filter_map(|_| pace.reserve(250, now)).collect();
        // The last of sixteen begins after fifteen quarters.
        assert_eq!(turns[15].duration_since(turns[0]).as_millis(), 3750);
        let later = turns[15] + Duration::from_mins(1);
        assert_eq!(pace.reserve(250, later), Some(later), "what nobody has used is gone");
        assert_eq!(Pace::of(None).reserve(250, now), None);
    }

    #[test]
    fn pages_are_small_where_it_goes_slowly() {
        assert_eq!(Pace::of(Some(1000)).page(4000), 250);
        assert_eq!(Pace::of(None).page(4000), 4000);
        assert_eq!(Pace::of(Some(1)).page(4000), 1);
    }
}
