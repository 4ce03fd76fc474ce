//! How every part of this crate reaches Kafka, and what the topics are called.
//!
//! Not here: what is sent (`relay`) and what is read (`feed`).

mod names;
mod settings;

pub use names::TopicNames;
pub use settings::{KafkaSettings, Sasl, SaslMechanism, Tls};
