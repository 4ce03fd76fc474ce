//! Settings of Kafka, and what the workers make of them.

use std::fs::File;
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
        /// Before the name of every topic, where several installations share a Kafka. `xentri up` on its own Postgres makes one
        /// where none is named, so that two data directories never meet in a topic.
        topic_prefix: Option<String> = None,
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
            return self.refuse_what_needs_brokers().map(|()| None);
        };
        let topic_prefix = self.topic_prefix.clone().unwrap_or_default();
        if !is_part_of_a_name(&topic_prefix) {
            return bad(
                "kafka.topic_prefix",
                "may have letters, digits, `.`, `_` and `-`, 200 of them at most",
            );
        }
        if self.min_in_sync < 1 || self.min_in_sync > self.replication {
            return bad("kafka.min_in_sync", "must be at least 1 and at most kafka.replication");
        }
        let (tls, sasl) = (self.tls_settings()?, self.sasl_settings()?);
        Ok(Some(KafkaSettings { brokers, topic_prefix, tls, sasl }))
    }

    pub(crate) fn new_topics(&self) -> TopicSettings {
        let (replication, min_in_sync) = (self.replication, self.min_in_sync);
        TopicSettings { replication, min_in_sync, ..TopicSettings::default() }
    }

    /// Whoever says how to connect has forgotten to say where.
    fn refuse_what_needs_brokers(&self) -> Result<(), ConfigError> {
        let needs = [
            ("kafka.tls", self.tls),
            ("kafka.tls_authority", self.tls_authority.is_some()),
            ("kafka.tls_certificate", self.tls_certificate.is_some()),
            ("kafka.tls_key", self.tls_key.is_some()),
            ("kafka.sasl", self.sasl.is_some()),
            ("kafka.sasl_user", self.sasl_user.is_some()),
            ("kafka.sasl_password", self.sasl_password.is_some()),
        ];
        match needs.into_iter().find(|(_, is_set)| *is_set) {
            Some((setting, _)) => bad(setting, "is set, but no Kafka is named: set kafka.brokers too"),
            None => Ok(()),
        }
    }

    fn tls_settings(&self) -> Result<Option<Tls>, ConfigError> {
        let files = Tls {
            authority: self.tls_authority.clone(),
            certificate: self.tls_certificate.clone(),
            key: self.tls_key.clone(),
        };
        match (self.tls, files == Tls::default()) {
            (false, true) => return Ok(None),
            (false, false) => {
                return bad("kafka.tls", "is false, but files for it are named; set it to true");
            }
            (true, _) => {}
        }
        if files.certificate.is_some() != files.key.is_some() {
            return bad("kafka.tls_certificate", "and kafka.tls_key go together: name both or none");
        }
        let named = [
            ("kafka.tls_authority", &files.authority),
            ("kafka.tls_certificate", &files.certificate),
            ("kafka.tls_key", &files.key),
        ];
        for (setting, path) in named {
            let Some(path) = path else { continue };
            let opened = File::open(path);
            opened.map_err(|error| ConfigError::UnreadableFile { setting, path: path.clone(), error })?;
        }
        Ok(Some(files))
    }

    fn sasl_settings(&self) -> Result<Option<Sasl>, ConfigError> {
        match (self.sasl, &self.sasl_user, &self.sasl_password) {
            (None, None, None) => Ok(None),
            (None, ..) => bad(
                "kafka.sasl",
                "is not set, but who we are is: set it to SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN",
            ),
            (Some(_), None, _) => {
                bad("kafka.sasl_user", "is missing: kafka.sasl is set, and says who we are")
            }
            (Some(_), _, None) => bad("kafka.sasl_password", "is missing: kafka.sasl is set, and proves it"),
            (Some(Mechanism::Plain), ..) if !self.tls => {
                bad("kafka.sasl", "is PLAIN, which sends the password itself: set kafka.tls to true")
            }
            (Some(mechanism), Some(user), Some(password)) => Ok(Some(Sasl {
                mechanism: mechanism.into(),
                user: user.clone(),
                password: password.expose().to_owned(),
            })),
        }
    }
}

fn bad<T>(setting: &'static str, message: &'static str) -> Result<T, ConfigError> {
    Err(ConfigError::BadValue { setting, message })
}

/// Of a topic's, which may have 249 characters.
fn is_part_of_a_name(text: &str) -> bool {
    text.len() <= 200 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
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
