//! What a consumer sees who reads every topic from its beginning and keeps to the contract: every event of the ledger
//! that belongs there, in order, byte for byte, and no hole. It is Kafka's own consumer, which knows nothing of ours.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::Arc;

use tokio::task::spawn_blocking;
use xentri_domain::kernel::Area;
use xentri_domain::registry::event_kinds;
use xentri_ledger::StoredEvent;
use xentri_testkit::PrivateKafka;
use xentri_workers::kafka::TopicNames;

use super::events::Events;
use super::verdict::Verdict;
use crate::progress::TOPICS;

/// Epoch and position.
type Place = (u64, u64);

struct Arrived {
    partition: usize,
    place: Place,
    prev: Place,
    is_heartbeat: bool,
    value: String,
}

/// Of one partition: drops what it has seen; else what comes must follow what came last.
#[derive(Default)]
struct Consumer {
    last: Place,
    taken: Vec<String>,
    duplicates: usize,
    holes: Vec<String>,
}

pub(super) async fn judge(kafka: &Arc<PrivateKafka>, events: &Events, verdict: &mut Verdict) {
    let ends = asked(kafka, PrivateKafka::ends).await;
    for topic in TOPICS {
        let partitions = ends.iter().filter(|(name, ..)| name == topic);
        if partitions.clone().count() != events.by_shard.len() {
            verdict.fault(format!("{topic} has the partitions {:?}", partitions.collect::<Vec<_>>()));
            continue;
        }
        let messages = partitions.map(|(.., end)| end).sum();
        let arrived = asked(kafka, move |kafka| read(kafka, topic, messages)).await;
        let mut consumers: Vec<Consumer> = events.by_shard.iter().map(|_| Consumer::default()).collect();
        for arrived in arrived {
            consumers[arrived.partition].meet(arrived);
        }
        let duplicates = consumers.iter().map(|consumer| consumer.duplicates).sum();
        verdict.proof.duplicates.insert(topic.to_owned(), duplicates);
        for (shard, (consumer, events)) in consumers.into_iter().zip(&events.by_shard).enumerate() {
            verdict.proof.messages += consumer.taken.len() + consumer.duplicates;
            verdict.note(consumer.faults(topic, shard, &belonging(topic, events)));
        }
    }
}

/// Those that are to be on that topic.
fn belonging(topic: &str, events: &[StoredEvent]) -> Vec<String> {
    let names = TopicNames::default();
    let contexts: HashMap<&str, Area> = event_kinds().map(|kind| (kind.type_name, kind.context)).collect();
    let belongs =
        |event: &&StoredEvent| topic == names.log() || names.context(contexts[&*event.type_name]) == topic;
    events.iter().filter(belongs).map(StoredEvent::wire).collect()
}

impl Consumer {
    fn meet(&mut self, arrived: Arrived) {
        let Arrived { place, prev, is_heartbeat, value, .. } = arrived;
        if place <= self.last {
            self.duplicates += usize::from(!is_heartbeat);
        } else if prev == self.last && !is_heartbeat {
            self.last = place;
            self.taken.push(value);
        } else {
            self.holes.push(format!("{place:?} follows {prev:?}, and {:?} came last", self.last));
            self.last = place;
        }
    }

    fn faults(self, topic: &str, shard: usize, expected: &[String]) -> Vec<String> {
        let (came, due) = (self.taken.len(), expected.len());
        let mut faults: Vec<_> =
            self.holes.iter().map(|hole| format!("a hole in {topic}, shard {shard}: {hole}")).collect();
        if self.taken != expected {
            faults.push(format!(
                "{topic}, shard {shard}: {came} events came that are not the {due} of the ledger"
            ));
        }
        faults
    }
}

fn read(kafka: &PrivateKafka, topic: &str, messages: u64) -> Vec<Arrived> {
    if messages == 0 {
        return Vec::new();
    }
    let mut consumer = kafka.console_consumer(topic, messages);
    let mut consumer = consumer.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(consumer.stdout.take().unwrap()).lines();
    let arrived = lines.map(|line| arrived(&line.unwrap())).collect();
    let end = consumer.wait_with_output().unwrap();
    assert!(end.status.success(), "{topic} can't be read: {}", String::from_utf8_lossy(&end.stderr));
    arrived
}

/// A line of the console consumer.
fn arrived(line: &str) -> Arrived {
    let mut words = line.splitn(4, '\t');
    let mut word = || words.next().unwrap_or_else(|| panic!("not what the console consumer prints: {line}"));
    let (partition, _offset, headers, value) = (word(), word(), word(), word());
    let headers: HashMap<&str, &str> =
        headers.split(',').filter_map(|header| header.split_once(':')).collect();
    let header = |name: &str| *headers.get(name).unwrap_or_else(|| panic!("without {name}: {line}"));
    Arrived {
        partition: partition.trim_start_matches("Partition:").parse().unwrap(),
        place: (header("xentri-epoch").parse().unwrap(), header("xentri-position").parse().unwrap()),
        prev: place(header("xentri-prev")),
        is_heartbeat: header("ce_type") == "xentri.heartbeat.v1",
        value: value.to_owned(),
    }
}

fn place(text: &str) -> Place {
    let (epoch, position) = text.split_once(':').expect("epoch:position");
    (epoch.parse().unwrap(), position.parse().unwrap())
}

async fn asked<T: Send + 'static>(
    kafka: &Arc<PrivateKafka>,
    ask: impl FnOnce(&PrivateKafka) -> T + Send + 'static,
) -> T {
    let kafka = kafka.clone();
    spawn_blocking(move || ask(&kafka)).await.unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(position: u64, prev: u64) -> Arrived {
        let place = |position| if position == 0 { (0, 0) } else { (1, position) };
        let value = format!("event {position}");
        Arrived { partition: 0, place: place(position), prev: place(prev), is_heartbeat: false, value }
    }

    fn faults(messages: &[(u64, u64)], expected: &[u64]) -> (usize, Vec<String>) {
        let mut consumer = Consumer::default();
        for (position, prev) in messages {
            consumer.meet(message(*position, *prev));
        }
        let expected: Vec<_> = expected.iter().map(|position| format!("event {position}")).collect();
        (consumer.duplicates, consumer.faults("topic", 0, &expected))
    }

    #[test]
    fn what_comes_again_is_no_fault_and_what_is_missing_is() {
        assert_eq!(faults(&[(1, 0), (3, 1), (1, 0), (3, 1), (4, 3)], &[1, 3, 4]), (2, vec![]));
        assert_eq!(faults(&[(1, 0), (4, 3)], &[1, 3, 4]).1.len(), 2, "in the middle");
        assert_eq!(faults(&[(1, 0)], &[1, 3]).1.len(), 1, "at the end");
        assert_eq!(faults(&[(1, 0), (2, 1)], &[1]).1.len(), 1, "and what does not belong there");
    }

    #[test]
    fn a_line_of_the_console_consumer_is_read() {
        let headers = "ce_type:xentri.lead.created.v1,ce_time:2026-01-31T09:30:00Z,xentri-epoch:1,\
                       xentri-position:7,xentri-prev:1:5";
        let arrived = arrived(&format!("Partition:3\tOffset:9\t{headers}\t{{\"a\":\"b\tc\"}}"));
        assert_eq!((arrived.partition, arrived.place, arrived.prev), (3, (1, 7), (1, 5)));
        assert_eq!((arrived.is_heartbeat, arrived.value.as_str()), (false, "{\"a\":\"b\tc\"}"));
    }
}
