//! Asking Kafka what it has.

use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::metadata::Metadata;

use super::fault::{KafkaFault, Listener};

/// Until the first look at what was heard meanwhile; each time twice as long.
const FIRST_LOOK: Duration = Duration::from_millis(250);

/// How long what has been said already is listened to.
const LISTENING: Duration = Duration::from_millis(20);

/// A client that knows why it gets no answer. Everything here blocks.
pub(crate) struct Inquiry {
    pub(crate) consumer: BaseConsumer<Listener>,
}

impl Inquiry {
    pub(crate) fn with(config: &ClientConfig) -> Result<Self, KafkaFault> {
        Ok(Self { consumer: config.create_with_context(Listener::default())? })
    }

    /// Of one topic or of all. Who is refused need not wait until the time is over.
    pub(crate) fn metadata(&self, topic: Option<&str>, patience: Duration) -> Result<Metadata, KafkaFault> {
        let deadline = Instant::now() + patience;
        let mut look = FIRST_LOOK;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.consumer.fetch_metadata(topic, left.min(look)) {
                Ok(metadata) => return Ok(metadata),
                Err(error) => {
                    let fault = self.fault(error);
                    if left <= look || !fault.is_outage() || fault.is_refusal() {
                        return Err(fault);
                    }
                    look *= 2;
                }
            }
        }
    }

    /// What a call failed with, and why.
    pub(crate) fn fault(&self, error: KafkaError) -> KafkaFault {
        // What the library says is heard only by polling; nothing else is lost by it, for there are no messages. Without any
        // time a poll ends at the first thing that the library says, whatever that is.
        let heard = Instant::now() + LISTENING;
        while let left = heard.saturating_duration_since(Instant::now())
            && !left.is_zero()
        {
            let _told = self.consumer.poll(left);
        }
        self.consumer.context().fault(error)
    }
}
