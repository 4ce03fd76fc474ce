//! Kafka topics that no other test uses.

use uuid::Uuid;

/// A prefix for the names of one test's topics and consumer groups.
pub fn topic_prefix() -> String {
    format!("test-{}-", Uuid::new_v4().simple())
}
