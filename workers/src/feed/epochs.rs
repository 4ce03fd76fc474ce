//! What a restore has taken back.

use xentri_ledger::{DatabaseError, ReadsAllOrgs, Shard, epochs_in_tx, shard_heads_in_tx};

use super::Place;

/// How a shard stands in the ledger itself.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) epochs: Epochs,
    pub(super) head: Place,
}

/// Each later epoch of a shard and the last position that came before it.
#[derive(Debug, Clone, Default)]
pub(super) struct Epochs(Vec<Place>);

impl Standing {
    pub(super) async fn read_in_tx(tx: &mut impl ReadsAllOrgs, shard: Shard) -> Result<Self, DatabaseError> {
        let epochs = epochs_in_tx(tx).await?.into_iter().filter(|epoch| epoch.shard == shard);
        let epochs = epochs.map(|epoch| Place { epoch: epoch.epoch, position: epoch.start }).collect();
        let heads = shard_heads_in_tx(tx, &[shard]).await?;
        let head = heads.get(&shard).map(|head| Place { epoch: head.epoch, position: head.position });
        Ok(Self { epochs: Epochs(epochs), head: head.unwrap_or_default() })
    }

    /// Whether there was once such an event and is no more.
    pub(super) fn has_gone_back_before(&self, place: Place) -> bool {
        self.head < place || self.epochs.have_taken_back(place)
    }
}

impl Epochs {
    /// The first of all is written nowhere.
    pub(super) fn newest(&self) -> u64 {
        self.0.iter().map(|start| start.epoch).max().unwrap_or(1)
    }

    /// Whether an event of that place never happened.
    pub(super) fn have_taken_back(&self, place: Place) -> bool {
        self.0.iter().any(|start| place.epoch < start.epoch && place.position > start.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(epoch: u64, position: u64) -> Place {
        Place { epoch, position }
    }

    #[test]
    fn an_older_epoch_counts_up_to_where_a_later_one_began() {
        let epochs = Epochs(vec![place(2, 8), place(5, 6), place(6, 20)]);
        assert_eq!(epochs.newest(), 6);
        for (place, taken_back) in [
            (place(1, 6), false),
            (place(1, 7), true),
            (place(2, 9), true),
            (place(5, 20), false),
            (place(5, 21), true),
            (place(6, 21), false),
            (Place::default(), false),
        ] {
            assert_eq!(epochs.have_taken_back(place), taken_back, "{place}");
        }
    }

    #[test]
    fn what_is_beyond_the_head_has_gone_too() {
        let standing = Standing { epochs: Epochs::default(), head: place(1, 4) };
        assert!(!standing.has_gone_back_before(place(1, 4)));
        assert!(standing.has_gone_back_before(place(1, 5)));
    }
}
