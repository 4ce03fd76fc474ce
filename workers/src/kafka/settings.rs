//! Where Kafka is, and how we prove who we are.

use std::fmt;
use std::path::PathBuf;

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};

use super::TopicNames;

/// Without TLS and SASL anybody on the network reads along: for development only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KafkaSettings {
    /// `host:port`, several with commas.
    pub brokers: String,
    /// Before the name of every topic and consumer group.
    pub topic_prefix: String,
    pub tls: Option<Tls>,
    pub sasl: Option<Sasl>,
}

/// Each is a file in PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// Who vouches for the brokers, where the system's own authorities don't.
    pub authority: Option<PathBuf>,
    /// Our own certificate, where brokers ask for one, and its key.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Sasl {
    pub mechanism: SaslMechanism,
    pub user: String,
    /// It is never shown.
    pub password: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslMechanism {
    ScramSha256,
    ScramSha512,
    /// Sends the password itself: only ever with TLS.
    Plain,
}

impl SaslMechanism {
    pub const ALL: &[Self] = &[Self::ScramSha256, Self::ScramSha512, Self::Plain];

    /// As Kafka spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::Plain => "PLAIN",
        }
    }
}

impl KafkaSettings {
    /// Of brokers that ask nobody who they are.
    pub fn open(brokers: impl Into<String>, topic_prefix: impl Into<String>) -> Self {
        Self { brokers: brokers.into(), topic_prefix: topic_prefix.into(), ..Self::default() }
    }

    pub fn topics(&self) -> TopicNames {
        TopicNames::new(&self.topic_prefix)
    }

    /// What every client begins with. `part` shows in the brokers' logs and quotas.
    pub fn client(&self, part: &str) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.brokers).set("client.id", format!("xentri-{part}"));
        // What it would say is said by whoever uses it, once.
        config.set("log.connection.close", "false").set_log_level(RDKafkaLogLevel::Critical);
        // Back soon after an outage: a commit waits to become visible.
        config.set("reconnect.backoff.ms", "50").set("reconnect.backoff.max.ms", "1000");
        config.set("socket.keepalive.enable", "true").set("socket.nagle.disable", "true");
        config.set("allow.auto.create.topics", "false");
        config.set("security.protocol", self.protocol());
        if let Some(tls) = &self.tls {
            tls.apply(&mut config);
        }
        if let Some(sasl) = &self.sasl {
            config.set("sasl.mechanism", sasl.mechanism.as_str());
            config.set("sasl.username", &sasl.user).set("sasl.password", &sasl.password);
        }
        config
    }

    fn protocol(&self) -> &'static str {
        match (&self.tls, &self.sasl) {
            (None, None) => "plaintext",
            (Some(_), None) => "ssl",
            (None, Some(_)) => "sasl_plaintext",
            (Some(_), Some(_)) => "sasl_ssl",
        }
    }
}

impl Tls {
    fn apply(&self, config: &mut ClientConfig) {
        let files = [
            ("ssl.ca.location", &self.authority),
            ("ssl.certificate.location", &self.certificate),
            ("ssl.key.location", &self.key),
        ];
        for (name, file) in files {
            if let Some(file) = file {
                config.set(name, file.to_string_lossy());
            }
        }
        // A certificate of another host proves nothing.
        config.set("ssl.endpoint.identification.algorithm", "https");
    }
}

impl fmt::Debug for Sasl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mechanism, user, password: _ } = self;
        formatter
            .debug_struct("Sasl")
            .field("mechanism", mechanism)
            .field("user", user)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::producer::BaseProducer;

    use super::*;

    fn sasl() -> Sasl {
        let mechanism = SaslMechanism::ScramSha512;
        Sasl { mechanism, user: "relay".to_owned(), password: "tulip".to_owned() }
    }

    #[test]
    fn tls_and_sasl_are_each_a_setting() {
        let protocol = |tls, sasl| {
            let settings = KafkaSettings { tls, sasl, ..KafkaSettings::open("kafka:9092", "") };
            settings.client("relay").get("security.protocol").unwrap().to_owned()
        };
        assert_eq!(protocol(None, None), "plaintext");
        assert_eq!(protocol(Some(Tls::default()), None), "ssl");
        assert_eq!(protocol(None, Some(sasl())), "sasl_plaintext");
        assert_eq!(protocol(Some(Tls::default()), Some(sasl())), "sasl_ssl");
    }

    #[test]
    fn the_client_library_knows_every_mechanism() {
        for mechanism in SaslMechanism::ALL {
            let sasl = Some(Sasl { mechanism: *mechanism, ..sasl() });
            let settings =
                KafkaSettings { tls: Some(Tls::default()), sasl, ..KafkaSettings::open("127.0.0.1:1", "") };
            let made: Result<BaseProducer, _> = settings.client("test").create();
            assert!(made.is_ok(), "{mechanism:?}: {:?}", made.err());
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let settings = KafkaSettings { sasl: Some(sasl()), ..KafkaSettings::default() };
        assert!(!format!("{settings:?}").contains("tulip"));
    }
}
