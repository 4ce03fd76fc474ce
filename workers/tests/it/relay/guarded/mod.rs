//! A Kafka that asks who we are, and lets each user do what it may and nothing else.

mod refused;
mod roles;
mod unwritable;

use xentri_testkit::GuardedKafka;
use xentri_workers::kafka::{KafkaSettings, Sasl, SaslMechanism, Tls};
use xentri_workers::relay::{TopicFound, TopicSettings, Topics, TopicsError};

/// By TLS and with a password, as an installation has it.
fn settings(kafka: &GuardedKafka, user: &str, topic_prefix: &str) -> KafkaSettings {
    let sasl = Sasl {
        mechanism: SaslMechanism::ScramSha512,
        user: user.to_owned(),
        password: GuardedKafka::password(user),
    };
    let tls = Tls { authority: Some(kafka.authority().to_owned()), ..Tls::default() };
    let (brokers, topic_prefix) = (kafka.brokers().to_owned(), topic_prefix.to_owned());
    KafkaSettings { brokers, topic_prefix, tls: Some(tls), sasl: Some(sasl) }
}

async fn apply(kafka: KafkaSettings) -> Result<Vec<TopicFound>, TopicsError> {
    let settings = TopicSettings { replication: 1, min_in_sync: 1, ..TopicSettings::default() };
    Topics::new(kafka, 8).apply(&settings).await
}

/// Made by somebody who may.
async fn make_topics(kafka: &GuardedKafka, topic_prefix: &str) {
    apply(KafkaSettings::open(kafka.open_brokers(), topic_prefix)).await.unwrap();
}
