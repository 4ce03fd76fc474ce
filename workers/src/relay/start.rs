//! Where a topic goes on, by what the cursor says, what is in Kafka, and what the ledger has.

use thiserror::Error;
use xentri_ledger::Epoch;

use super::cursor::Cursor;
use crate::feed::Place;

/// What a partition ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing was ever in it: it is new, or was made anew.
    New,
    /// Whatever was in it has expired.
    Expired,
    At(Place),
}

/// What has happened in a shard.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    pub(super) head: Place,
    /// Of this shard.
    pub(super) epochs: Vec<Epoch>,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{topic} ends at {}:{}, and the ledger at {}:{}: it was restored to an earlier point; begin a new epoch with \
     `xentri ledger new-epoch`",
    tail.epoch, tail.position, head.epoch, head.position
)]
pub(super) struct Ahead {
    topic: String,
    tail: Place,
    head: Place,
}

impl History {
    fn epoch(&self) -> u64 {
        self.epochs.iter().map(|epoch| epoch.epoch).max().unwrap_or(1).max(self.head.epoch)
    }

    /// Events of older epochs above the start of a later one never happened.
    fn has(&self, place: Place) -> bool {
        let later = self.epochs.iter().filter(|epoch| epoch.epoch > place.epoch);
        place.position <= later.map(|epoch| epoch.start).min().unwrap_or(self.head.position)
    }

    /// Not by having been taken back, which a later epoch would say.
    fn is_behind(&self, place: Place) -> bool {
        place.epoch > self.epoch() || (place.epoch == self.epoch() && !self.has(place))
    }
}

/// The cursor says what was acknowledged. A tail that is before that means that Kafka has lost it: it is sent again from
/// there, so that a topic never has a hole. A tail behind it was sent and not yet noted; it is sent again too.
pub(super) fn start(topic: &str, cursor: Cursor, tail: Tail, history: &History) -> Result<Cursor, Ahead> {
    let ahead = |tail| Ahead { topic: topic.to_owned(), tail, head: history.head };
    if history.is_behind(cursor.read) {
        return Err(ahead(cursor.read));
    }
    match tail {
        Tail::At(tail) if history.is_behind(tail) => Err(ahead(tail)),
        Tail::At(tail) if tail >= cursor.prev => Ok(cursor),
        Tail::At(tail) if history.has(tail) => Ok(Cursor { read: tail, prev: tail }),
        // What is there of real events is not known, so all of them are sent.
        Tail::At(_) => Ok(Cursor::default()),
        Tail::New if cursor.prev > Place::default() => Ok(Cursor::default()),
        Tail::New | Tail::Expired => Ok(cursor),
    }
}

#[cfg(test)]
mod tests {
    use xentri_domain::kernel::Timestamp;
    use xentri_ledger::Shard;

    use super::*;

    fn place(epoch: u64, position: u64) -> Place {
        Place { epoch, position }
    }

    fn at(epoch: u64, position: u64) -> Tail {
        Tail::At(place(epoch, position))
    }

    fn cursor(read: Place, prev: Place) -> Cursor {
        Cursor { read, prev }
    }

    fn history(head: Place, epochs: &[(u64, u64)]) -> History {
        let started_at = Timestamp::from_micros(0).unwrap();
        let epoch = |(epoch, start): &(u64, u64)| Epoch {
            epoch: *epoch,
            shard: Shard::new(0),
            start: *start,
            started_at,
        };
        History { head, epochs: epochs.iter().map(epoch).collect() }
    }

    #[test]
    fn it_goes_on_from_the_cursor_and_sends_again_what_was_not_noted() {
        let history = history(place(1, 100), &[]);
        let noted = cursor(place(1, 90), place(1, 88));
        for tail in [at(1, 88), at(1, 100), Tail::Expired] {
            assert_eq!(start("log", noted, tail, &history), Ok(noted), "{tail:?}");
        }
    }

    #[test]
    fn what_kafka_has_lost_is_sent_again() {
        let history = history(place(1, 100), &[]);
        let noted = cursor(place(1, 90), place(1, 88));
        let tail = place(1, 70);
        assert_eq!(start("log", noted, Tail::At(tail), &history), Ok(cursor(tail, tail)));
        assert_eq!(start("log", noted, Tail::New, &history), Ok(Cursor::default()));
        // A context in which nothing happened is not read again.
        let passed_over = cursor(place(1, 90), Place::default());
        assert_eq!(start("brand", passed_over, Tail::New, &history), Ok(passed_over));
        assert_eq!(start("brand", passed_over, at(0, 0), &history), Ok(passed_over));
    }

    #[test]
    fn a_topic_ahead_of_the_ledger_is_refused() {
        let noted = cursor(place(1, 90), place(1, 90));
        let restored = history(place(1, 100), &[]);
        let error = start("xentri.log", noted, at(1, 101), &restored).unwrap_err().to_string();
        assert!(error.contains("xentri.log ends at 1:101") && error.contains("new-epoch"), "{error}");
        assert!(start("log", noted, at(2, 5), &restored).is_err());
        let emptied = history(Place::default(), &[]);
        assert!(start("log", Cursor::default(), at(1, 1), &emptied).is_err());
        assert!(start("log", noted, Tail::New, &emptied).is_err());
        let twice = history(place(2, 105), &[(2, 100)]);
        assert!(start("log", noted, at(2, 106), &twice).is_err());
    }

    #[test]
    fn after_a_new_epoch_what_never_happened_is_no_obstacle() {
        let noted = cursor(place(1, 95), place(1, 95));
        for head in [place(1, 100), place(2, 120)] {
            let restored = history(head, &[(2, 100)]);
            for tail in [at(1, 95), at(1, 100), at(1, 110)] {
                assert_eq!(start("log", noted, tail, &restored), Ok(noted), "{tail:?}");
            }
        }
        // The new epoch's messages are lost, and what is left never happened.
        let restored = history(place(2, 120), &[(2, 100)]);
        let noted = cursor(place(2, 110), place(2, 110));
        assert_eq!(start("log", noted, at(1, 110), &restored), Ok(Cursor::default()));
        assert_eq!(start("log", noted, at(1, 100), &restored), Ok(cursor(place(1, 100), place(1, 100))));
    }
}
