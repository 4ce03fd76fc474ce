//! Topics that a run has made, and what becomes of them.

use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use xentri_workers::kafka::{KafkaSettings, TopicNames};

use crate::process::KafkaPlace;

/// Deleted with the value: whoever wrote there has to have ended.
pub(crate) struct Cleared(pub(crate) KafkaPlace);

impl Drop for Cleared {
    /// A drop can't await, and this runtime may be ending: a thread with one of its own can. What is left there does no harm
    /// but take room.
    fn drop(&mut self) {
        let place = self.0.clone();
        let deleting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(delete(place))
        });
        if let Ok(Err(error)) = deleting.join() {
            eprintln!("warning: topics of a run can't be deleted: {error:#}");
        }
    }
}

async fn delete(place: KafkaPlace) -> anyhow::Result<()> {
    let KafkaPlace { brokers, prefix } = place;
    let names = TopicNames::new(&prefix).all();
    let kafka = KafkaSettings { brokers, topic_prefix: prefix, ..Default::default() };
    let admin: AdminClient<DefaultClientContext> = kafka.client("bench").create()?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    admin.delete_topics(&names, &AdminOptions::new()).await?;
    Ok(())
}
