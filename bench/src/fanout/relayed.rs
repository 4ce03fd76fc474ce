//! A whole ledger sent to Kafka by one `xentri relay`: each event to the log and to the topic of its context.

use anyhow::Context as _;
use xentri_workers::kafka::TopicNames;

use super::Sample;
use super::backlog::{Backlog, passed};
use super::progress::watch;
use crate::process::{KafkaPlace, role};
use crate::topics::Cleared;

/// Messages of an event.
const EACH: f64 = 2.0;

pub(super) async fn run(backlog: &Backlog) -> anyhow::Result<Sample> {
    let mut postgres = backlog.as_new().await?;
    let topics = Cleared(KafkaPlace::new());
    let mut relay = role("relay", backlog.database(), Some(&topics.0))?
        .spawn()
        .context("xentri relay can't be started")?;
    // The cursor of each topic passes every event, whether it belongs there or not.
    let cursors = u64::try_from(TopicNames::default().all().len())?;
    let progress = watch(&mut relay, &mut postgres, backlog.events * cursors, passed).await?;
    relay.kill().await?;
    #[allow(clippy::cast_precision_loss, reason = "counts of messages are far below 2^52")]
    let (passed, cursors) = (progress.units as f64, cursors as f64);
    let used = progress.used.map(|used| used.each(EACH / cursors));
    let rate = passed / cursors * EACH / progress.took.as_secs_f64();
    Ok(Sample { rate, used, ..Sample::default() })
}
