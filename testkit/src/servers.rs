//! Where the real servers are: given by the environment, or started by the scripts in `infra/dev/`.

use std::sync::OnceLock;

use crate::scripts::Script;

/// A superuser's URL of the test Postgres.
pub fn postgres_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| address("XENTRI_TEST_POSTGRES", "postgres"))
}

/// `host:port` of the test Kafka.
pub fn kafka_brokers() -> &'static str {
    static BROKERS: OnceLock<String> = OnceLock::new();
    BROKERS.get_or_init(|| address("XENTRI_TEST_KAFKA", "kafka"))
}

/// What `infra/dev/kafka consume` shows of the first messages of a topic in the test Kafka. Blocks until there are so many.
pub fn consume(topic: &str, messages: usize) -> String {
    let mut script = Script::named("kafka");
    script.settings.push(("XENTRI_TEST_KAFKA", kafka_brokers().to_owned()));
    script.said(&["consume", topic, "--max-messages", &messages.to_string()])
}

/// `make test` sets the variable and stops the server afterwards. A plain `cargo test` starts it here and leaves it
/// running for the next one; `make stop` ends it.
fn address(variable: &str, server: &'static str) -> String {
    if let Ok(address) = std::env::var(variable) {
        return address;
    }
    let script = Script::named(server);
    script.said(&["start"]);
    script.variable(variable)
}
