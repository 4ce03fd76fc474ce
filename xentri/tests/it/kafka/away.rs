//! A Kafka that comes late, loses its disk, or never answers.

use std::time::{Duration, Instant};

use xentri_testkit::PrivateKafka;

use super::support::{at_rest, log_has, make_org, stop, up_on};
use crate::process::data_dir;

/// Its disk is lost twice: while nobody looks, and under a running system. Each time the relay finds its topics gone, they are
/// made anew, and everything is sent again from the beginning; read models go on from the ledger.
#[tokio::test]
async fn a_kafka_that_comes_late_or_loses_its_disk_gets_everything() {
    let kafka = PrivateKafka::start();
    let brokers = kafka.brokers().to_owned();
    kafka.lose_disk();
    let data = data_dir();
    let running = up_on(data.path(), &brokers);
    let before = make_org(data.path());
    kafka.start_again();
    log_has(data.path(), &[&before]).await;
    at_rest(data.path()).await;

    kafka.lose_disk();
    let meanwhile = make_org(data.path());
    kafka.start_again();
    log_has(data.path(), &[&before, &meanwhile]).await;
    at_rest(data.path()).await;

    stop(running);
    kafka.lose_disk();
    kafka.start_again();
    let running = up_on(data.path(), &brokers);
    let after = make_org(data.path());
    log_has(data.path(), &[&before, &meanwhile, &after]).await;
    at_rest(data.path()).await;
    stop(running);
}

#[tokio::test]
async fn a_kafka_that_never_answers_keeps_nobody_from_working_or_stopping() {
    let data = data_dir();
    let running = up_on(data.path(), "127.0.0.1:1");
    make_org(data.path());
    let begin = Instant::now();
    stop(running);
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
}
