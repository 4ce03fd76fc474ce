//! Topics that stay: a Kafka may come after us, and lose its disk.

use std::convert::Infallible;
use std::time::Duration;

use super::topics::{TopicSettings, Topics, TopicsError};
use crate::trouble::Trouble;

const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl Topics {
    /// Looks whether all of them are there, every so often, and makes what is missing at two looks. By then whoever still had
    /// messages for a topic that is gone has given them up, so that the new one begins with the first event.
    pub async fn keep(&self, settings: &TopicSettings, every: Duration) -> Infallible {
        let mut trouble = Trouble::with("looking after the topics", LONGEST_PAUSE);
        let mut were_missing = false;
        loop {
            let looked = match self.check().await {
                Err(TopicsError::Missing { .. }) if were_missing => {
                    self.make_missing(settings).await.map(|()| false)
                }
                Err(TopicsError::Missing { .. }) => Ok(true),
                looked => looked.map(|()| false),
            };
            were_missing = looked.as_ref().is_ok_and(|missing| *missing);
            match looked {
                Ok(missing) => {
                    if !missing {
                        trouble.over();
                    }
                    tokio::time::sleep(every).await;
                }
                Err(error) => trouble.pause(&error).await,
            }
        }
    }

    async fn make_missing(&self, settings: &TopicSettings) -> Result<(), TopicsError> {
        for topic in self.apply(settings).await?.iter().filter(|topic| topic.made) {
            tracing::info!(topic = topic.name, partitions = topic.partitions, "made a topic");
        }
        Ok(())
    }
}
