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

/// What there is to choose about subscriptions.
#[derive(Debug, Clone)]
pub struct SubscriptionSettings {
    /// So many sockets an org may have open in this process; 0 for any number.
    pub sockets_per_org: usize,
    pub per_socket: usize,
    /// How long a client may take to say who it is.
    pub init_timeout: Duration,
    /// How often a client is asked whether it is still there; twice as long it may be silent.
    pub keep_alive: Duration,
    /// How long a client may take for what it is sent at once.
    pub slow_after: Duration,
}

impl Default for SubscriptionSettings {
    fn default() -> Self {
        Self {
            sockets_per_org: 2000,
            per_socket: 50,
            init_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(15),
            slow_after: Duration::from_secs(10),
        }
    }
}
