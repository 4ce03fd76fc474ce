//! What an equal part is, and how to come to it.

use xentri_ledger::{Shard, Standing};

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) give_up: Vec<Shard>,
    pub(super) take: Vec<Shard>,
}

/// Nobody has more than an equal share, rounded up: so whoever comes finds something free soon, and nothing stays free.
pub(super) fn change(shards: &[Shard], standing: &Standing) -> Change {
    let share = shards.len().div_ceil(standing.candidates.max(1));
    let mine: Vec<_> = standing.led.iter().filter(|(_, mine)| **mine).map(|(shard, _)| *shard).collect();
    let free = shards.iter().filter(|shard| !standing.led.contains_key(shard)).copied();
    Change {
        give_up: mine.iter().skip(share).copied().collect(),
        take: free.take(share.saturating_sub(mine.len())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn shards(numbers: &[u16]) -> Vec<Shard> {
        numbers.iter().copied().map(Shard::new).collect()
    }

    fn standing(candidates: usize, mine: &[u16], others: &[u16]) -> Standing {
        let led = shards(mine).into_iter().map(|shard| (shard, true));
        Standing {
            candidates,
            led: led.chain(shards(others).into_iter().map(|shard| (shard, false))).collect(),
        }
    }

    #[test]
    fn whoever_is_alone_takes_all() {
        let all = shards(&[0, 1, 2, 3]);
        assert_eq!(change(&all, &standing(1, &[], &[])).take, all);
        assert_eq!(change(&all, &standing(1, &[1, 2], &[])).take, shards(&[0, 3]));
    }

    #[test]
    fn whoever_has_more_than_a_share_gives_the_rest_up() {
        let all = shards(&[0, 1, 2, 3, 4, 5, 6, 7]);
        let hoard = change(&all, &standing(3, &[0, 1, 2, 3, 4, 5, 6, 7], &[]));
        assert_eq!((hoard.give_up, hoard.take), (shards(&[3, 4, 5, 6, 7]), vec![]));
        let late = change(&all, &standing(3, &[], &[0, 1, 2, 4]));
        assert_eq!(late.take, shards(&[3, 5, 6]));
    }

    /// Whatever they have to begin with and in whatever order they ask, nothing stays free and nobody has two more than
    /// another could have.
    #[test]
    fn a_few_rounds_share_all_shards_fairly() {
        let all = shards(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        for processes in 1..=12 {
            let mut owners: BTreeMap<Shard, usize> = all.iter().map(|shard| (*shard, 0)).collect();
            for process in (0..processes).chain(0..processes) {
                let led = owners.iter().map(|(shard, owner)| (*shard, *owner == process)).collect();
                let change = change(&all, &Standing { candidates: processes, led });
                owners.retain(|shard, _| !change.give_up.contains(shard));
                owners.extend(change.take.into_iter().map(|shard| (shard, process)));
            }
            assert_eq!(owners.len(), all.len(), "{processes} processes");
            let most = (0..processes)
                .map(|process| owners.values().filter(|owner| **owner == process).count())
                .max();
            assert_eq!(most, Some(all.len().div_ceil(processes)), "{processes} processes");
        }
    }
}
