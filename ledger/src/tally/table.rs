//! A count for each combination of words, of which there are few and nobody knows beforehand which.

use std::fmt;
use std::sync::OnceLock;

/// Places that are looked at for one combination. Half empty, a table hardly ever needs three.
const PROBES: usize = 32;

/// Whoever counts finds the place by a hash and takes no lock; the first of a combination takes a free place, for ever. It
/// never grows: what finds no place is counted together, so that no mistake in the words can fill the memory.
pub struct Table<V, const N: usize> {
    places: Box<[OnceLock<Entry<V, N>>]>,
    make: fn() -> V,
    rest: OnceLock<V>,
}

struct Entry<V, const N: usize> {
    words: [Box<str>; N],
    value: V,
}

impl<V, const N: usize> Table<V, N> {
    /// `places`: twice as many as there may be combinations; rounded up to a power of two.
    pub fn new(places: usize, make: fn() -> V) -> Self {
        let places = (0..places.next_power_of_two()).map(|_| OnceLock::new()).collect();
        Self { places, make, rest: OnceLock::new() }
    }

    pub fn at(&self, words: [&str; N]) -> &V {
        let first = hash(words);
        let last = self.places.len() - 1;
        for step in 0..PROBES.min(self.places.len()) {
            let place = &self.places[(first + step) & last];
            // Another may have been faster, with other words.
            let entry = place.get_or_init(|| Entry { words: words.map(Into::into), value: (self.make)() });
            if entry.words.iter().zip(words).all(|(own, word)| **own == *word) {
                return &entry.value;
            }
        }
        self.rest.get_or_init(self.make)
    }

    /// Every combination that was there, in no order; `other` for all words of those that found no place.
    pub fn all(&self) -> impl Iterator<Item = ([&str; N], &V)> {
        let entries = self.places.iter().filter_map(OnceLock::get);
        let entries = entries.map(|entry| (entry.words.each_ref().map(|word| &**word), &entry.value));
        entries.chain(self.rest.get().map(|rest| (["other"; N], rest)))
    }
}

/// Eight bytes at a time. The words are short, and nobody who sends requests chooses them.
fn hash<const N: usize>(words: [&str; N]) -> usize {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let add = |hash: u64, eight: u64| (hash.rotate_left(5) ^ eight).wrapping_mul(ODD);
    let mut hash = 0;
    for word in words {
        let (eights, rest) = word.as_bytes().as_chunks::<8>();
        for eight in eights {
            hash = add(hash, u64::from_le_bytes(*eight));
        }
        let rest = rest.iter().fold(0, |all, byte| (all << 8) | u64::from(*byte));
        // The length tells where a word ends.
        hash = add(hash, rest ^ ((word.len() as u64) << 56));
    }
    // The upper half has seen every byte.
    usize::try_from(hash >> 32).unwrap_or_default()
}

impl<V, const N: usize> fmt::Debug for Table<V, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.all().map(|(words, _)| words)).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn add<const N: usize>(table: &Table<AtomicU64, N>, words: [&str; N]) {
        table.at(words).fetch_add(1, Ordering::Relaxed);
    }

    fn read<const N: usize>(table: &Table<AtomicU64, N>) -> BTreeMap<String, u64> {
        table.all().map(|(words, count)| (words.join("/"), count.load(Ordering::Relaxed))).collect()
    }

    #[test]
    fn words_are_told_apart_wherever_one_ends() {
        let table = Table::new(8, AtomicU64::default);
        for words in [["ab", "c"], ["a", "bc"], ["ab", "c"], ["", "abc"]] {
            add(&table, words);
        }
        let expected = [("ab/c", 2), ("a/bc", 1), ("/abc", 1)];
        assert_eq!(read(&table), expected.map(|(words, count)| (words.to_owned(), count)).into());
    }

    #[test]
    fn what_finds_no_place_is_counted_together() {
        let table = Table::new(4, AtomicU64::default);
        for number in 0..100 {
            add(&table, [&number.to_string()]);
        }
        let read = read(&table);
        assert_eq!((read.len(), read["other"]), (5, 96));
    }

    /// Sixteen threads meet at every first count of a combination, so several try to take its place, and some try to take
    /// one place with different words. Whoever is faster, each count lands with its own words: their sums are certain.
    #[test]
    fn many_who_are_first_at_once_count_together() {
        let table = Table::new(64, AtomicU64::default);
        let barrier = std::sync::Barrier::new(16);
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for number in 0..30 {
                        barrier.wait();
                        add(&table, [&number.to_string()]);
                    }
                });
            }
        });
        let read = read(&table);
        assert_eq!(read.len(), 30);
        assert!(read.values().all(|count| *count == 16), "{read:?}");
    }
}
