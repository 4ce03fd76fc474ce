//! How every part of this crate reaches Kafka, and what the topics are called.
//!
//! Not here: what is sent (`relay`) and what is read (`feed`).

mod fault;
mod inquiry;
mod names;
mod settings;

pub use fault::KafkaFault;
pub(crate) use fault::{Listener, Standing, is_about_a_group, with_advice};
pub(crate) use inquiry::Inquiry;
pub use names::TopicNames;
pub use settings::{KafkaSettings, Sasl, SaslMechanism, Tls};
