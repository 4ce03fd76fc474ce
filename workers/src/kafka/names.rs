//! The names of all topics, in one place.

use xentri_domain::kernel::Area;
use xentri_schemas::{LOG_TOPIC, contexts, topic_of};

/// What stands before every name: nothing, unless several installations share a Kafka.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TopicNames {
    prefix: String,
}

impl TopicNames {
    pub fn new(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into() }
    }

    /// Every event: what the workers read.
    pub fn log(&self) -> String {
        format!("{}{LOG_TOPIC}", self.prefix)
    }

    /// The events of one context: what integrators read.
    pub fn context(&self, context: Area) -> String {
        format!("{}{}", self.prefix, topic_of(context))
    }

    /// The log first, then the contexts.
    pub fn all(&self) -> Vec<String> {
        let contexts = contexts().map(|context| self.context(context));
        std::iter::once(self.log()).chain(contexts).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrators_rely_on_these_names() {
        let expected = [
            "xentri.log",
            "xentri.core.v1",
            "xentri.strategy.v1",
            "xentri.sales.v1",
            "xentri.finance.v1",
            "xentri.brand.v1",
            "xentri.pulse.v1",
        ];
        assert_eq!(TopicNames::default().all(), expected);
        assert_eq!(TopicNames::new("staging-").log(), "staging-xentri.log");
        assert_eq!(TopicNames::new("staging-").context(Area::Sales), "staging-xentri.sales.v1");
    }
}
