//! What is wrong with Kafka, as the client library tells it, and what may be done about it.
//!
//! A call says only that it failed. Why there is no connection the library tells aside, to whoever listens.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

#[derive(Debug, Clone)]
pub struct KafkaFault {
    error: KafkaError,
    /// Of the connection, where that is what is missing.
    cause: Option<Arc<Cause>>,
}

#[derive(Debug)]
struct Cause {
    code: Code,
    reason: String,
}

impl KafkaFault {
    pub(crate) fn code(&self) -> Option<Code> {
        self.cause.as_ref().map(|cause| cause.code).or(self.error.rdkafka_error_code())
    }

    /// Kafka itself can't be reached, so one topic is as good as another.
    pub(crate) fn is_outage(&self) -> bool {
        self.code().is_some_and(is_outage)
    }

    /// Kafka is there and won't have us, or we won't have it. Waiting alone mends that seldom.
    pub(crate) fn is_refusal(&self) -> bool {
        self.code().is_some_and(is_refusal)
    }
}

fn is_outage(code: Code) -> bool {
    let away = [Code::BrokerTransportFailure, Code::AllBrokersDown, Code::OperationTimedOut, Code::Resolve];
    away.contains(&code) || is_refusal(code)
}

fn is_refusal(code: Code) -> bool {
    [Code::Authentication, Code::SaslAuthenticationFailed, Code::SSL].contains(&code)
}

/// The library looks for a group's place for every consumer that has a name for one. Nobody here joins a group, so our user need
/// have no right to any.
pub(crate) fn is_about_a_group(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(Code::GroupAuthorizationFailed)
}

/// In words of our own settings.
fn advice(code: Code) -> Option<&'static str> {
    match code {
        Code::Authentication | Code::SaslAuthenticationFailed => Some(
            "the brokers don't know our user, or by another password: see kafka.sasl, kafka.sasl_user and \
             kafka.sasl_password",
        ),
        Code::SSL => Some(
            "either nobody in kafka.tls_authority vouches for the broker, or its certificate is of another host than \
             kafka.brokers names",
        ),
        Code::Resolve => Some("see kafka.brokers"),
        Code::TopicAuthorizationFailed | Code::ClusterAuthorizationFailed => {
            Some("our user lacks a permission: docs/kafka.md lists those of each role")
        }
        _ => None,
    }
}

/// A code of Kafka's as messages show it.
pub(crate) fn with_advice(code: Code) -> String {
    advice(code).map_or_else(|| code.to_string(), |advice| format!("{code}; {advice}"))
}

impl From<KafkaError> for KafkaFault {
    fn from(error: KafkaError) -> Self {
        Self { error, cause: None }
    }
}

impl fmt::Display for KafkaFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Some(cause) => formatter.write_str(&cause.reason)?,
            None => self.error.fmt(formatter)?,
        }
        match self.code().and_then(advice) {
            Some(advice) => write!(formatter, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for KafkaFault {}

/// What stands between us and Kafka now, for whoever looks.
#[derive(Debug, Default)]
pub(crate) struct Standing(Mutex<Option<KafkaFault>>);

impl Standing {
    /// Whether that is news: one reason in other words is none.
    pub(crate) fn set(&self, fault: &KafkaFault) -> bool {
        let before = self.fault().replace(fault.clone());
        before.is_none_or(|before| before.code() != fault.code())
    }

    /// Whether there was anything.
    pub(crate) fn clear(&self) -> bool {
        self.fault().take().is_some()
    }

    pub(crate) fn told(&self) -> Option<String> {
        self.fault().as_ref().map(ToString::to_string)
    }

    fn fault(&self) -> MutexGuard<'_, Option<KafkaFault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Remembers why a client has no connection. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listener(Arc<Mutex<Option<Arc<Cause>>>>);

impl Listener {
    /// What a call failed with, and what was heard of it.
    pub(crate) fn fault(&self, error: KafkaError) -> KafkaFault {
        let by_connection = error.rdkafka_error_code().is_some_and(is_outage);
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        KafkaFault { error, cause: heard.clone().filter(|_| by_connection) }
    }
}

impl ClientContext for Listener {
    /// What matters comes as an error; the rest is the library talking to itself.
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, "{reason}");
        // That all brokers are down is no reason.
        let Some(code) =
            error.rdkafka_error_code().filter(|code| is_outage(*code) && *code != Code::AllBrokersDown)
        else {
            return;
        };
        // What follows says when and how often, which is another each time.
        let reason = reason.split(" (after ").next().unwrap_or(reason).to_owned();
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A broker that is away tells less than one that refuses us.
        if is_refusal(code) || !heard.as_ref().is_some_and(|cause| is_refusal(cause.code)) {
            *heard = Some(Arc::new(Cause { code, reason }));
        }
    }
}

impl ConsumerContext for Listener {}

#[cfg(test)]
mod tests {
    use super::*;

    fn global(code: Code) -> KafkaError {
        KafkaError::Global(code)
    }

    #[test]
    fn a_call_that_fails_for_want_of_a_connection_says_why_there_is_none() {
        let listener = Listener::default();
        let failed = || listener.fault(KafkaError::MetadataFetch(Code::BrokerTransportFailure));
        assert!(failed().to_string().contains("Local: Broker transport failure"));
        listener
            .error(global(Code::BrokerTransportFailure), "kafka:9092: refused (after 2ms in state CONNECT)");
        listener.error(global(Code::AllBrokersDown), "1/1 brokers are down");
        assert_eq!(failed().to_string(), "kafka:9092: refused");
        assert!(failed().is_outage() && !failed().is_refusal());
        listener.error(global(Code::Authentication), "kafka:9092: who are you?");
        listener.error(global(Code::BrokerTransportFailure), "kafka:9092: disconnected");
        assert!(failed().is_outage() && failed().is_refusal());
        let said = failed().to_string();
        assert!(
            said.starts_with("kafka:9092: who are you?; ") && said.contains("kafka.sasl_password"),
            "{said}"
        );
    }

    #[test]
    fn one_reason_in_other_words_is_no_news() {
        let standing = Standing::default();
        let fault = |code| KafkaFault::from(global(code));
        assert!(standing.set(&fault(Code::Authentication)));
        assert!(!standing.set(&KafkaError::MetadataFetch(Code::Authentication).into()));
        assert!(standing.set(&fault(Code::SSL)) && standing.told().is_some());
        assert!(standing.clear() && !standing.clear());
        assert_eq!(standing.told(), None);
    }

    #[test]
    fn what_is_wrong_with_a_topic_is_not_laid_on_the_connection() {
        let listener = Listener::default();
        listener.error(global(Code::SSL), "kafka:9092: not vouched for");
        let fault = listener.fault(KafkaError::MessageProduction(Code::TopicAuthorizationFailed));
        assert!(!fault.is_outage());
        let said = fault.to_string();
        assert!(said.contains("authorization") && said.contains("docs/kafka.md"), "{said}");
        assert!(!said.contains("vouched"), "{said}");
    }
}
