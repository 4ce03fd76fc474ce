//! Commands while Kafka is away: before it goes, without it, and once it is back.

use std::time::Duration;

use anyhow::ensure;
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep};
use xentri_testkit::PrivateKafka;

use super::visible::{EASY, Pipeline, Trial};
use crate::process::KafkaPlace;
use crate::summary::milliseconds;
use crate::table::{layout, thousands};

/// How long commands go before and after.
const BESIDE: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_mins(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// By how much the 99th percentile may grow. That it falls is no surprise where Kafka has the same cores.
const ALIKE: f64 = 0.25;
const HEAD: [&str; 7] =
    ["Kafka", "commands/s", "answered p50 ms", "p99 ms", "max ms", "visible p50 ms", "p99 ms"];

/// A table, and what it comes to.
pub(crate) async fn run(without: Duration) -> anyhow::Result<String> {
    let kafka = block_in_place(PrivateKafka::start);
    let pipeline = Pipeline::start(Some(KafkaPlace::on(kafka.brokers())), without).await?;
    eprintln!("with Kafka, {} s …", BESIDE.as_secs());
    let before = pipeline.hold(EASY, BESIDE).await?;
    kafka.kill();
    eprintln!("without Kafka, {} s …", without.as_secs());
    let during = pipeline.hold(EASY, without).await?;
    block_in_place(|| kafka.start_again());
    let back = Instant::now();
    while !pipeline.is_relayed().await? {
        ensure!(back.elapsed() < PATIENCE, "what came meanwhile is not on the topics");
        sleep(LOOK_EVERY).await;
    }
    let relayed = back.elapsed();
    pipeline.warm_up().await?;
    eprintln!("with Kafka again, {} s …", BESIDE.as_secs());
    let after = pipeline.hold(EASY, BESIDE).await?;
    let rows = [line("there", &before), line("away", &during), line("back", &after)];
    let change = milliseconds(during.answered.p99) / milliseconds(before.answered.p99) - 1.0;
    let sign = if change <= ALIKE { "≤" } else { ">" };
    Ok(format!(
        "{}\n- p99 of answers without Kafka: {:+.0} % {sign} +{:.0} %\n- all that came meanwhile is on every topic {:.1} s after Kafka is back\n",
        layout(HEAD, 1, &rows),
        change * 100.0,
        ALIKE * 100.0,
        relayed.as_secs_f64(),
    ))
}

fn line(kafka: &str, trial: &Trial) -> [String; HEAD.len()] {
    let shown = |micros| format!("{:.1}", milliseconds(micros));
    let (answered, visible) = (trial.answered, trial.visible.of_commit);
    [
        kafka.to_owned(),
        thousands(trial.rate),
        shown(answered.p50),
        shown(answered.p99),
        shown(answered.max),
        shown(visible.p50),
        shown(visible.p99),
    ]
}
