//! What there is to choose about `/graphql`.

use std::time::Duration;

/// Each default is a sane one.
#[derive(Debug, Clone)]
pub struct GraphqlSettings {
    /// Whether a client may ask for the schema itself.
    pub introspection: bool,
    /// In bytes.
    pub query_bytes: usize,
    pub depth: usize,
    /// Fields, those of a list times its length.
    pub complexity: usize,
    pub aliases: usize,
    /// The longest that a request is worked on, waiting for read models aside.
    pub timeout: Duration,
    /// How long a request waits for read models that have not come to the event of its consistency token.
    pub patience: Duration,
}

impl Default for GraphqlSettings {
    fn default() -> Self {
        Self {
            introspection: true,
            query_bytes: 64 * 1024,
            depth: 16,
            complexity: 10_000,
            aliases: 100,
            timeout: Duration::from_secs(5),
            patience: Duration::from_secs(2),
        }
    }
}
