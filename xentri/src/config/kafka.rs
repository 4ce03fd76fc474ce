//! Settings of Kafka, and what the workers make of them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use xentri_workers::kafka::{KafkaSettings, Sasl, SaslMechanism, Tls};
use xentri_workers::relay::TopicSettings;

use super::ConfigError;
use super::section::section;
use super::values::Secret;

section! {
    /// Kafka. Without it read models are fed from the ledger itself, and nobody outside hears of events by topics.
    Kafka {
        /// `host:port` of brokers, several with commas. None: without Kafka.
        brokers: Option<String> = None,
        /// Before the name of every topic, where several installations share a Kafka.
        topic_prefix: String = String::new(),
        /// How many brokers have a copy of each topic that `xentri` makes.
        replication: i32 = 1,
        /// How many of them must have a message before it counts as sent.
        min_in_sync: i32 = 1,
        /// Whether connections are encrypted.
        tls: bool = false,
        /// Who vouches for the brokers: a file in PEM, instead of the system's own authorities.
        tls_authority: Option<PathBuf> = None,
        /// Our own certificate and its key, each a file in PEM, where brokers ask for one.
        tls_certificate: Option<PathBuf> = None,
        /// The certificate's key.
        tls_key: Option<PathBuf> = None,
        /// How we say who we are.
        sasl: Option<Mechanism> = None,
        /// Who we are.
        sasl_user: Option<String> = None,
        /// What only we know.
        sasl_password: Option<Secret> = None,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mechanism {
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
    #[serde(rename = "PLAIN")]
    Plain,
}

impl Kafka {
    /// None where no broker is named.
    pub(crate) fn client(&self) -> Result<Option<KafkaSettings>, ConfigError> {
        let Some(brokers) = self.brokers.clone().filter(|brokers| !brokers.is_empty()) else {
            return Ok(None);
        };
        let (tls, sasl) = (self.tls_settings()?, self.sasl_settings()?);
        Ok(Some(KafkaSettings { brokers, topic_prefix: self.topic_prefix.clone(), tls, sasl }))
    }

    pub(crate) fn new_topics(&self) -> TopicSettings {
        let (replication, min_in_sync) = (self.replication, self.min_in_sync);
        TopicSettings { replication, min_in_sync, ..TopicSettings::default() }
    }

    fn tls_settings(&self) -> Result<Option<Tls>, ConfigError> {
        let files = Tls {
            authority: self.tls_authority.clone(),
            certificate: self.tls_certificate.clone(),
            key: self.tls_key.clone(),
        };
        match (self.tls, files == Tls::default()) {
            (true, _) => Ok(Some(files)),
            (false, true) => Ok(None),
            (false, false) => Err(ConfigError::BadValue {
                setting: "kafka.tls",
                message: "is false, but files for it are named; set it to true",
            }),
        }
    }

    fn sasl_settings(&self) -> Result<Option<Sasl>, ConfigError> {
        let bad = |message| Err(ConfigError::BadValue { setting: "kafka.sasl", message });
        match (self.sasl, &self.sasl_user, &self.sasl_password) {
            (None, None, None) => Ok(None),
            (Some(Mechanism::Plain), ..) if !self.tls => {
                bad("is PLAIN, which sends the password itself: set kafka.tls to true")
            }
            (Some(mechanism), Some(user), Some(password)) => Ok(Some(Sasl {
                mechanism: mechanism.into(),
                user: user.clone(),
                password: password.expose().to_owned(),
            })),
            _ => bad("needs kafka.sasl_user and kafka.sasl_password, and they need it"),
        }
    }
}

impl From<Mechanism> for SaslMechanism {
    fn from(mechanism: Mechanism) -> Self {
        match mechanism {
            Mechanism::ScramSha256 => Self::ScramSha256,
            Mechanism::ScramSha512 => Self::ScramSha512,
            Mechanism::Plain => Self::Plain,
        }
    }
}
