//! Where the events come from at the moment, and when that changes.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::settings::KafkaFeedSettings;
use crate::feed::Place;

#[derive(Debug)]
pub(super) enum Source {
    Topic(Lag),
    /// Until the topic is close again.
    Ledger(Meeting),
}

/// Since when the ledger has been ahead with nothing new from the topic.
#[derive(Debug, Default)]
pub(super) struct Lag {
    since: Option<Instant>,
}

impl Lag {
    /// Returns when that has been so for too long. A wait that is given up and begun again does not begin anew.
    pub(super) async fn exceeds(&mut self, most: Duration, head: &mut watch::Receiver<Place>, last: Place) {
        if head.wait_for(|head| *head > last).await.is_err() {
            // Nobody asks the ledger any more.
            std::future::pending::<()>().await;
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        tokio::time::sleep_until(since + most).await;
    }
}

/// The ledger goes ahead, and the topic is overheard until both are close.
///
/// Under load the topic is never level with the ledger, so it is close when it shows in time what was given a little
/// before: the mark.
#[derive(Debug)]
pub(super) struct Meeting {
    /// What the topic has shown last.
    shown: Option<Place>,
    mark: Place,
    marked: Instant,
}

impl Meeting {
    /// `shown`: what has to be given before the topic can be taken up again.
    pub(super) fn after(last: Place, shown: Option<Place>) -> Self {
        Self { shown, mark: last, marked: Instant::now() }
    }

    pub(super) fn show(&mut self, place: Place, last: Place, close: Duration) {
        self.shown = Some(place);
        if self.marked.elapsed() > close {
            (self.mark, self.marked) = (last, Instant::now());
        }
    }

    /// Whether the ledger has to go on first: the topic has nothing to say until then.
    pub(super) fn waits_for_ledger(&self, last: Place) -> bool {
        self.shown.is_some_and(|shown| shown > last)
    }

    /// Nothing is missing between what was given and what the topic will show, and the wait for it is short.
    pub(super) fn is_close(&self, last: Place) -> bool {
        self.shown.is_some_and(|shown| shown <= last && shown >= self.mark)
    }
}

/// When a topic that says nothing is opened anew.
#[derive(Debug)]
pub(super) struct Reopening {
    pub(super) at: Instant,
    pause: Duration,
    first: Duration,
    most: Duration,
}

impl Reopening {
    pub(super) fn new(settings: KafkaFeedSettings) -> Self {
        let KafkaFeedSettings { reopen: first, reopen_most: most, .. } = settings;
        Self { at: Instant::now(), pause: first, first, most }
    }

    pub(super) fn opened(&mut self) {
        self.at = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(self.most);
    }

    /// It says something, so what is missing is not ours to mend.
    pub(super) fn heard(&mut self) {
        self.at = Instant::now() + self.most;
        self.pause = self.first;
    }

    pub(super) fn lost(&mut self) {
        self.at = Instant::now() + self.pause;
    }
}
