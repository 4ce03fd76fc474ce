//! One topic of one shard: what was read is sent, what is acknowledged moves the cursor.
//!
//! Lines share the reads of their shard and, while all is well, a producer; nothing else. One that can't go on waits alone.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};
use xentri_domain::kernel::{Area, Timestamp};

use super::cursor::Cursor;
use super::message::Message;
use super::pages::Page;
use super::producer::{Failure, Producer, Target};
use super::shard::{Led, StartError};
use super::stats::LOG;
use crate::feed::Place;
use crate::leases::Stop;
use crate::trouble::Trouble;

/// Pages of one topic that are on their way at a time.
const PAGES_ON_THEIR_WAY: usize = 4;
/// How long the last messages are waited for when the shard is left.
const FAREWELL: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub(super) struct Topic {
    pub(super) number: usize,
    pub(super) name: String,
    /// None of the log, which has everything.
    pub(super) context: Option<Area>,
}

impl Topic {
    /// As metrics have it.
    pub(super) fn family(&self) -> &'static str {
        self.context.map_or(LOG, Area::as_str)
    }
}

pub(super) struct Line {
    pub(super) led: Arc<Led>,
    pub(super) topic: Topic,
    pub(super) stop: Stop,
}

/// Why a line begins again.
enum End {
    /// The shard is left.
    Stopped,
    /// It was alone, and can go with the others again.
    Well,
    /// Something is wrong with this topic.
    Fault(String),
    /// Something else is: with a server, or nobody knows what.
    Ended(String),
    /// With Kafka, or with another topic of the same producer, which is said by others.
    Elsewhere,
}

impl Line {
    /// Until the shard is left. `first`: where it goes on, if that was found out already.
    pub(super) async fn run(mut self, mut first: Option<Cursor>) {
        let what = format!("{} of shard {}", self.topic.name, self.led.shard);
        let mut trouble = Trouble::with(what, self.led.settings().pause);
        let mut alone = false;
        loop {
            let end = self.attempt(first.take(), alone, &mut trouble).await;
            alone = match &end {
                End::Stopped => return,
                End::Well => {
                    alone = false;
                    continue;
                }
                End::Fault(why) => {
                    self.led.stats().hold_up(self.led.shard, &self.topic.name, why.clone());
                    true
                }
                End::Ended(_) | End::Elsewhere => alone,
            };
            self.led.stats().count_restart();
            if !matches!(end, End::Elsewhere) {
                self.led.stats().count_fault();
            }
            let mut stop = self.stop.clone();
            tokio::select! {
                () = pause(&end, &mut trouble) => {}
                () = stop.told() => return,
            }
        }
    }

    async fn attempt(&mut self, known: Option<Cursor>, alone: bool, trouble: &mut Trouble) -> End {
        let begin = match known {
            Some(cursor) => cursor,
            None => match self.led.start(&self.topic.name).await {
                Ok(cursor) => cursor,
                Err(error) => return self.not_begun(&error),
            },
        };
        let producer = if alone {
            self.led.parts().new_producer(&self.topic)
        } else {
            self.led.parts().producer(&self.topic)
        };
        match producer {
            Ok(producer) => Pump::new(self, &producer, begin).run(alone, trouble).await,
            Err(error) => End::Ended(error.to_string()),
        }
    }

    fn not_begun(&self, error: &StartError) -> End {
        if let Some(fault) = error.outage() {
            self.led.kafka_is_away(fault);
            return End::Elsewhere;
        }
        match error {
            StartError::Database(_) => End::Ended(error.to_string()),
            StartError::Topic(_) | StartError::Ahead(_) => End::Fault(error.to_string()),
        }
    }
}

async fn pause(end: &End, trouble: &mut Trouble) {
    match end {
        End::Fault(error) | End::Ended(error) => trouble.pause(error).await,
        End::Elsewhere | End::Stopped | End::Well => trouble.quiet_pause().await,
    }
}

/// One try, from one cursor with one producer.
struct Pump<'l> {
    line: &'l Line,
    producer: &'l Producer,
    sent: Cursor,
    /// Where the topic stands once so many messages are acknowledged.
    marks: VecDeque<(u64, Cursor)>,
    last_sent: Instant,
    last_progress: Instant,
    /// It can't be said what the next event is; what came before goes its way.
    blocked: Option<String>,
}

impl<'l> Pump<'l> {
    fn new(line: &'l Line, producer: &'l Producer, begin: Cursor) -> Self {
        let now = Instant::now();
        Self {
            line,
            producer,
            sent: begin,
            marks: VecDeque::new(),
            last_sent: now,
            last_progress: now,
            blocked: None,
        }
    }

    async fn run(mut self, alone: bool, trouble: &mut Trouble) -> End {
        let settings = self.line.led.settings();
        let target = self.target();
        let mut stop = self.line.stop.clone();
        let mut next = pin!(self.line.led.pages.after(self.sent.read.position));
        loop {
            let oldest = self.marks.front().map_or(0, |(count, _)| *count);
            let room = self.marks.len() < PAGES_ON_THEIR_WAY && self.blocked.is_none();
            let idle = self.marks.is_empty();
            tokio::select! {
                biased;
                () = stop.told() => return self.stopped().await,
                failure = self.producer.ended() => return self.end(failure),
                () = self.producer.reached(target, oldest), if !idle => {}
                page = &mut next, if room => {
                    if let Err(failure) = self.send(&page) {
                        return self.end_for(failure).await;
                    }
                    next.set(self.line.led.pages.after(self.sent.read.position));
                }
                () = sleep_until(self.last_progress + settings.stall), if !idle => {
                    if let Some(end) = self.ask_what_is_wrong().await {
                        return end;
                    }
                }
                () = sleep_until(self.last_sent + settings.heartbeat), if idle => {
                    if let Err(failure) = self.heartbeat() {
                        return self.end_for(failure).await;
                    }
                }
            }
            if self.settle() && self.has_recovered(alone, trouble) {
                return End::Well;
            }
            if let Some(reason) = self.blocked.take_if(|_| self.marks.is_empty()) {
                return End::Fault(reason);
            }
        }
    }

    fn send(&mut self, page: &Page) -> Result<(), Failure> {
        let topic = &self.line.topic;
        for (message, context) in &page.0 {
            if topic.context.is_some() && context.is_none() {
                let Place { epoch, position } = message.place;
                self.blocked = Some(format!(
                    "no context is known for the event at {epoch}:{position}: a newer release wrote it, and has to \
                     send it"
                ));
                break;
            }
            if topic.context.is_none_or(|own| *context == Some(own)) {
                self.hand_over(message)?;
                self.sent.prev = message.place;
            }
            self.sent.read = message.place;
        }
        self.mark();
        Ok(())
    }

    fn heartbeat(&mut self) -> Result<(), Failure> {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        let now = i64::try_from(now.as_micros()).ok().and_then(|now| Timestamp::from_micros(now).ok());
        if let Some(now) = now {
            self.hand_over(&Message::heartbeat(self.sent.prev, now))?;
        }
        self.last_sent = Instant::now();
        self.mark();
        Ok(())
    }

    fn hand_over(&mut self, message: &Message) -> Result<(), Failure> {
        self.last_sent = Instant::now();
        self.producer.send(self.target(), &self.line.topic.name, message, self.sent.prev)
    }

    fn target(&self) -> Target {
        Target { topic: self.line.topic.number, partition: self.line.led.shard.number() }
    }

    fn mark(&mut self) {
        if self.marks.is_empty() {
            self.last_progress = Instant::now();
        }
        self.marks.push_back((self.producer.sent(self.target()), self.sent));
    }

    /// Whether anything was acknowledged.
    fn settle(&mut self) -> bool {
        let acknowledged = self.producer.acknowledged(self.target());
        let mut reached = None;
        while let Some((_, cursor)) = self.marks.pop_front_if(|(count, _)| *count <= acknowledged) {
            reached = Some(cursor);
        }
        if let Some(cursor) = reached {
            self.last_progress = Instant::now();
            self.line.led.kafka_is_here();
            self.line.led.acknowledged.set(&self.line.topic.name, cursor);
        }
        reached.is_some()
    }

    /// Whether a line that was alone can go with the others again. What is passed over proves nothing: Kafka must have taken
    /// something from the producer that is the line's own.
    fn has_recovered(&self, alone: bool, trouble: &mut Trouble) -> bool {
        let Line { led, topic, .. } = self.line;
        if alone && self.producer.acknowledged(self.target()) == 0 {
            return false;
        }
        trouble.over();
        if alone {
            led.stats().go_on(led.shard, &topic.name);
        }
        alone && self.marks.is_empty() && !led.is_behind(self.sent)
    }

    /// Kafka away is waited for; a topic that is gone ends this line.
    async fn ask_what_is_wrong(&mut self) -> Option<End> {
        self.last_progress = Instant::now();
        let fault = self.line.led.check(&self.line.topic.name).await.err()?;
        if let Some(fault) = fault.outage() {
            self.line.led.kafka_is_away(fault);
            return None;
        }
        let failure = self.producer.failed(Some(self.line.topic.number), &fault);
        Some(self.end(failure))
    }

    /// A producer that takes no more ended for a reason of its own.
    async fn end_for(&self, failure: Failure) -> End {
        self.end(if failure.topic.is_some() { failure } else { self.producer.ended().await })
    }

    fn end(&self, failure: Failure) -> End {
        match failure.topic {
            Some(topic) if topic == self.line.topic.number => {
                if failure.made_anew {
                    self.line.led.acknowledged.forget(&self.line.topic.name);
                }
                End::Fault(failure.reason)
            }
            Some(_) => End::Elsewhere,
            None => End::Ended(failure.reason),
        }
    }

    async fn stopped(mut self) -> End {
        let deadline = Instant::now() + FAREWELL;
        if let Some((last, _)) = self.marks.back() {
            let all = self.producer.reached(self.target(), *last);
            // What is not acknowledged by then is sent again by whoever leads next.
            let _late = timeout_at(deadline, all).await;
        }
        self.settle();
        End::Stopped
    }
}
