//! Topics that a run has made, and what becomes of them.

use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use xentri_testkit::kafka_brokers;
use xentri_workers::kafka::{KafkaSettings, TopicNames};

use crate::process::KafkaPlace;

/// Deleted with the value: whoever wrote there has to have ended.
pub(crate) struct Cleared(pub(crate) KafkaPlace);

impl Drop for Cleared {
    /// A drop can't await, and this runtime may be ending: a thread with one of its own can. What is left there does no harm
    /// but take room.
    fn drop(&mut self) {
        let prefix = std::mem::take(&mut self.0.prefix);
        let deleting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(delete(prefix))
        });
        if let Ok(Err(error)) = deleting.join() {
            eprintln!("warning: topics of a run can't be deleted: {error:#}");
        }
    }
}

async fn delete(prefix: String) -> anyhow::Result<()> {
    let names = TopicNames::new(&prefix).all();
    let kafka =
        KafkaSettings { brokers: kafka_brokers().to_owned(), topic_prefix: prefix, ..Default::default() };
    let admin: AdminClient<DefaultClientContext> = kafka.client("bench").create()?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    admin.delete_topics(&names, &AdminOptions::new()).await?;
    Ok(())
}
