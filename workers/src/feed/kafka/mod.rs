//! A shard's events from the log, as long as it has them, and from the ledger whenever it has not.
//!
//! What counts is each message's own place: positions have no gaps, so anything but the next one is a duplicate or a
//! hole. Offsets only say where to look, and whatever is wrong with Kafka costs reading the ledger and nothing else.

mod letter;
mod reader;
mod settings;
mod source;

use futures_util::FutureExt as _;
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::Offset;
use tokio::sync::watch;
use xentri_ledger::StoredEvent;

use self::letter::{Content, Letter};
use self::reader::LogReader;
use self::source::{Lag, Meeting, Reopening, Source};
use super::{Batch, Feed, FeedError, FeedStats, LedgerFeed, Place, TopicPlace};
use crate::kafka::KafkaFault;
pub use settings::{KafkaFeedSettings, LogTopic};

pub struct KafkaFeed {
    ledger: LedgerFeed,
    log: LogReader,
    head: watch::Receiver<Place>,
    source: Source,
    reopening: Reopening,
    last: Place,
    settings: KafkaFeedSettings,
    stats: FeedStats,
}

/// What a letter is to somebody who has everything up to a place.
enum Verdict {
    Next(StoredEvent),
    Passed,
    /// Only the ledger knows what comes next; the topic goes on after that place.
    Ask(Option<Place>),
}

impl KafkaFeed {
    /// Gives what `ledger` would give, from where it stands. `stored`: where the topic was read to, if the last event
    /// came from it. Must be called within a Tokio runtime; fails only when the client can't be configured like that.
    pub fn open(log: &LogTopic, ledger: LedgerFeed, stored: Option<&TopicPlace>) -> Result<Self, FeedError> {
        let (last, settings) = (ledger.last(), log.settings);
        let mut feed = Self {
            head: ledger.head(),
            stats: ledger.stats(),
            log: LogReader::new(&log.client, &log.name, ledger.shard()),
            ledger,
            source: Source::Ledger(Meeting::after(last, None)),
            reopening: Reopening::new(settings),
            last,
            settings,
        };
        if let Some(stored) = stored.filter(|stored| stored.topic_id == log.name) {
            feed.open_log(Offset::Offset(stored.next_offset))
                .map_err(|error| FeedError::Kafka(error.to_string()))?;
            feed.source = Source::Topic(Lag::default());
        }
        Ok(feed)
    }

    pub fn stats(&self) -> FeedStats {
        self.stats.clone()
    }

    fn open_log(&mut self, from: Offset) -> Result<(), KafkaError> {
        self.stats.opened();
        self.reopening.opened();
        self.log.open(from)
    }

    async fn read_topic(&mut self) -> Result<Option<Batch>, FeedError> {
        self.ledger.check().await?;
        let Source::Topic(lag) = &mut self.source else { return Ok(None) };
        if self.head.borrow().epoch > self.last.epoch {
            // The ledger knows what the new epoch has taken back.
            self.leave(None);
            return Ok(None);
        }
        let first = tokio::select! {
            biased;
            letter = self.log.next(self.last) => Some(letter),
            () = lag.exceeds(self.settings.lag, &mut self.head, self.last) => None,
        };
        let Some(first) = first else {
            self.overtake();
            return Ok(None);
        };
        let batch = self.collect(first);
        // Messages that are passed over are no progress, and as long as they are here nobody waits.
        if let (None, Source::Topic(lag)) = (&batch, &mut self.source)
            && lag.exceeds(self.settings.lag, &mut self.head, self.last).now_or_never().is_some()
        {
            self.overtake();
        }
        Ok(batch)
    }

    /// As many as are here already and follow each other.
    fn collect(&mut self, first: Result<Letter, KafkaFault>) -> Option<Batch> {
        let limit = self.settings.batch;
        let (mut events, mut bytes, mut read) = (Vec::new(), 0, 0);
        let (mut last, mut next_offset) = (self.last, 0);
        let mut next = Some(first);
        while let Some(letter) = next {
            let letter = match letter {
                Ok(letter) => letter,
                Err(error) => {
                    self.lose(&error);
                    break;
                }
            };
            let offset = letter.offset;
            match self.judge(letter, last) {
                Verdict::Next(event) => {
                    last = Place::of(&event);
                    bytes += event.body.len();
                    events.push(event);
                }
                Verdict::Passed => {}
                Verdict::Ask(shown) => {
                    self.reopening.heard();
                    self.source = Source::Ledger(Meeting::after(last, shown));
                    break;
                }
            }
            next_offset = offset + 1;
            // Those that are passed over count too, so that others come to their turn.
            read += 1;
            let full = read >= limit.events || bytes >= limit.bytes as usize;
            // What is taken here is judged: nothing else will ever see it.
            next = if full { None } else { self.log.ready(last) };
        }
        self.give(events, last, next_offset)
    }

    fn judge(&self, letter: Letter, last: Place) -> Verdict {
        let Some(place) = letter.place() else {
            tracing::warn!(shard = %self.ledger.shard(), offset = letter.offset, "a message of the log can't be read");
            self.stats.hole();
            return Verdict::Ask(None);
        };
        if self.ledger.has_taken_back(place) {
            self.stats.taken_back();
            return Verdict::Passed;
        }
        match letter.content {
            Content::Heartbeat(head) if head <= last => Verdict::Passed,
            Content::Event { event, prev } if place.position == last.position + 1 && prev <= last => {
                // A new epoch: the ledger tells whether what was given before still stands.
                if place.epoch == last.epoch { Verdict::Next(*event) } else { Verdict::Ask(Some(place)) }
            }
            _ if place <= last => {
                self.stats.duplicate();
                Verdict::Passed
            }
            _ => {
                tracing::warn!(shard = %self.ledger.shard(), %last, %place, "a hole in the log, read from the ledger");
                self.stats.hole();
                Verdict::Ask(Some(place))
            }
        }
    }

    fn give(&mut self, events: Vec<StoredEvent>, last: Place, next_offset: i64) -> Option<Batch> {
        if events.is_empty() {
            return None;
        }
        self.stats.given_from_topic(events.len());
        self.hear_again();
        if let Source::Topic(lag) = &mut self.source {
            *lag = Lag::default();
        }
        self.ledger.go_on_after(last);
        let after = std::mem::replace(&mut self.last, last);
        let topic = Some(TopicPlace { topic_id: self.log.topic().to_owned(), next_offset });
        Some(Batch { after, events, last, topic })
    }

    async fn read_ledger(&mut self) -> Result<Option<Batch>, FeedError> {
        self.ledger.check().await?;
        let Source::Ledger(meeting) = &mut self.source else { return Ok(None) };
        let overhear = !self.ledger.is_behind() && !meeting.waits_for_ledger(self.last);
        if meeting.is_close(self.last) && self.head.borrow().epoch <= self.last.epoch {
            self.source = Source::Topic(Lag::default());
            return Ok(None);
        }
        tokio::select! {
            biased;
            batch = self.ledger.step() => {
                let batch = batch?;
                self.last = self.ledger.last();
                return Ok(batch);
            }
            letter = self.log.next(self.last), if overhear => match letter {
                Ok(letter) => self.overheard(&letter),
                Err(error) => self.lose(&error),
            },
            () = tokio::time::sleep_until(self.reopening.at), if overhear => {
                self.leave(None);
                // Its last message says at once whether it is close.
                if let Err(error) = self.open_log(Offset::OffsetTail(1)) {
                    tracing::warn!(shard = %self.ledger.shard(), %error, "the log can't be opened");
                }
            }
        }
        Ok(None)
    }

    fn overheard(&mut self, letter: &Letter) {
        self.reopening.heard();
        self.hear_again();
        if let (Source::Ledger(meeting), Some(place)) = (&mut self.source, letter.place())
            && !self.ledger.has_taken_back(place)
        {
            meeting.show(place, self.last, self.settings.close);
        }
    }

    fn overtake(&mut self) {
        tracing::warn!(shard = %self.ledger.shard(), "the log is behind the ledger, which is read instead");
        self.stats.lag();
        self.reopening.lost();
        self.leave(None);
    }

    fn leave(&mut self, shown: Option<Place>) {
        self.source = Source::Ledger(Meeting::after(self.last, shown));
    }

    fn hear_again(&self) {
        if self.stats.end_trouble() {
            tracing::info!(shard = %self.ledger.shard(), "the log can be read again");
        }
    }

    /// Opened anew after a while. The ledger goes on from what was given.
    fn lose(&mut self, fault: &KafkaFault) {
        if self.stats.set_trouble(fault) {
            let error = fault.to_string();
            tracing::warn!(shard = %self.ledger.shard(), error, "the log can't be read, the ledger is read instead");
        }
        self.log.close();
        self.reopening.lost();
        self.leave(None);
    }
}

impl Feed for KafkaFeed {
    async fn next(&mut self) -> Result<Batch, FeedError> {
        loop {
            let batch = match self.source {
                Source::Topic(_) => self.read_topic().await?,
                Source::Ledger(_) => self.read_ledger().await?,
            };
            if let Some(batch) = batch {
                return Ok(batch);
            }
            // Messages that are passed over are here without waiting, and there may be many.
            tokio::task::yield_now().await;
        }
    }
}
