//! Short pages of several shards, read in one transaction.
//!
//! A transaction costs its round trips, however few events it brings, and a commit wakes all shards that it wrote to at once. So
//! while one read is under way, what other shards ask for gathers, and goes into the next one.

use std::collections::BTreeMap;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use xentri_ledger::{DatabaseError, Databases, PageLimit, RelayTx, Shard, StoredEvent, read_shards_in_tx};

/// Of one shard. Whoever is further behind is better off with pages of its own.
pub(super) const SHORT: PageLimit = PageLimit { events: 64, bytes: 1 << 18 };

/// Of one relay; what reads ends with it.
pub(super) struct Reads {
    by_shard: BTreeMap<Shard, mpsc::Sender<Wanted>>,
    _reading: JoinSet<()>,
}

struct Wanted {
    shard: Shard,
    after: u64,
    found: oneshot::Sender<Vec<StoredEvent>>,
}

impl Reads {
    /// Must be called within a Tokio runtime.
    pub(super) fn start(databases: &Databases) -> Self {
        let (mut by_shard, mut reading) = (BTreeMap::new(), JoinSet::new());
        for database in databases.shard_map().databases() {
            let (sender, wanted) = mpsc::channel(database.shards.len().max(1));
            by_shard.extend(database.shards.iter().map(|shard| (*shard, sender.clone())));
            reading.spawn(read_for_ever(databases.clone(), wanted));
        }
        Self { by_shard, _reading: reading }
    }

    /// The next events of the shard. None where they can't be read together with others': whoever asks finds out why by
    /// reading them alone.
    pub(super) async fn after(&self, shard: Shard, after: u64) -> Option<Vec<StoredEvent>> {
        let (found, page) = oneshot::channel();
        self.by_shard.get(&shard)?.send(Wanted { shard, after, found }).await.ok()?;
        page.await.ok()
    }
}

async fn read_for_ever(databases: Databases, mut wanted: mpsc::Receiver<Wanted>) {
    while let Some(first) = wanted.recv().await {
        let together = gather(first, &mut wanted);
        // Whoever asked is not answered then.
        let Ok(mut found) = read(&databases, &together).await else { continue };
        for one in together {
            let page = found.remove(&one.shard).unwrap_or_default();
            let _gone = one.found.send(page);
        }
    }
}

/// Topics of one shard that stand at different places ask for it apart. One of them goes with the others and the rest is not
/// answered: what is found is told by its shard, and two pages of one would come as one, with a hole between them.
fn gather(first: Wanted, wanted: &mut mpsc::Receiver<Wanted>) -> Vec<Wanted> {
    let mut together = vec![first];
    while let Ok(next) = wanted.try_recv() {
        if together.iter().all(|one| one.shard != next.shard) {
            together.push(next);
        }
    }
    together
}

async fn read(
    databases: &Databases,
    together: &[Wanted],
) -> Result<BTreeMap<Shard, Vec<StoredEvent>>, DatabaseError> {
    let Some(first) = together.first() else { return Ok(BTreeMap::new()) };
    // They are all in one database.
    let wanted: Vec<_> = together.iter().map(|one| (one.shard, one.after)).collect();
    let mut tx = RelayTx::begin(databases, first.shard).await?;
    let found = read_shards_in_tx(&mut tx, &wanted, SHORT).await?;
    tx.commit().await?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn of_two_places_of_one_shard_one_is_left_to_be_read_alone() {
        let (sender, mut wanted) = mpsc::channel(3);
        let ask = |shard, after| {
            let (found, page) = oneshot::channel();
            (Wanted { shard: Shard::new(shard), after, found }, page)
        };
        let (first, _page) = ask(1, 10);
        let (again, unanswered) = ask(1, 40);
        let (other, _page) = ask(2, 7);
        sender.try_send(again).unwrap();
        sender.try_send(other).unwrap();
        let together = gather(first, &mut wanted);
        let places: Vec<_> = together.iter().map(|one| (one.shard.number(), one.after)).collect();
        assert_eq!(places, [(1, 10), (2, 7)]);
        assert!(unanswered.await.is_err());
    }
}
