//! What the topics of Kafka are called: one with everything, and one for each context.
//!
//! The relay writes to them, the feed reads the log, and the AsyncAPI document describes them.

use xentri_domain::kernel::Area;
use xentri_domain::registry::event_kinds;

/// Every event of every context: positions in a partition have no gaps.
pub const LOG_TOPIC: &str = "xentri.log";

/// `ce_type` of the message that says how far a partition goes, while nothing happens.
pub const HEARTBEAT_TYPE: &str = "xentri.heartbeat.v1";

/// The topic with the events of one context. A name is for ever: what breaks its readers comes on a `v2` beside it.
pub fn topic_of(context: Area) -> String {
    format!("xentri.{context}.v1")
}

/// Those in which anything can happen.
pub fn contexts() -> impl Iterator<Item = Area> {
    Area::ALL.iter().copied().filter(|area| event_kinds().any(|kind| kind.context == *area))
}

/// Of every topic, the log first.
pub fn topics() -> Vec<String> {
    std::iter::once(LOG_TOPIC.to_owned()).chain(contexts().map(topic_of)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_topic_of_everything_and_one_for_each_context() {
        let expected = [
            "xentri.log",
            "xentri.core.v1",
            "xentri.strategy.v1",
            "xentri.sales.v1",
            "xentri.finance.v1",
            "xentri.brand.v1",
            "xentri.pulse.v1",
        ];
        assert_eq!(topics(), expected);
    }
}
