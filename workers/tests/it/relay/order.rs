//! What arrives, and in which order.

use xentri_domain::registry::event_kinds;
use xentri_ledger::StoredEvent;
use xentri_schemas::Frame;
use xentri_workers::feed::Place;
use xentri_workers::relay::header;

use super::partition::{Arrived, Partition};
use super::support::World;

#[tokio::test(flavor = "multi_thread")]
async fn every_event_arrives_in_order_on_the_log_and_on_its_context_s_topic() {
    let world = World::new().await;
    world.fill(12, 20).await;
    let relay = world.relay();
    relay.has_caught_up(8).await;
    // Some more, one by one, while the relay is idle.
    world.fill(4, 2).await;
    relay.has_sent_everything().await;
    relay.stop().await;

    let names = world.kafka.topics();
    let mut contexts: Vec<_> = event_kinds().map(|kind| kind.context).collect();
    contexts.sort_unstable();
    contexts.dedup();
    let mut seen = 0;
    for shard in world.shards() {
        let events = world.events(shard).await;
        seen += events.len();
        assert_same(&Partition::of(&names.log(), shard).all().await, &events);
        for context in &contexts {
            let of_context: Vec<_> = events
                .iter()
                .filter(|event| {
                    event_kinds().any(|kind| kind.type_name == event.type_name && kind.context == *context)
                })
                .cloned()
                .collect();
            assert_same(&Partition::of(&names.context(*context), shard).all().await, &of_context);
        }
    }
    assert_eq!(seen, 16 + 12 * 20 + 4 * 2);
}

/// Nothing else is there, and each names the one before it.
fn assert_same(arrived: &[Arrived], events: &[StoredEvent]) {
    let arrived: Vec<_> = arrived.iter().filter(|arrived| !arrived.is_heartbeat()).collect();
    assert_eq!(arrived.len(), events.len());
    let mut prev = Place::default();
    for (arrived, event) in arrived.iter().zip(events) {
        let place = Place { epoch: event.epoch, position: event.position };
        assert_eq!((arrived.place, arrived.prev), (place, prev));
        assert_eq!(arrived.key.as_deref(), Some(event.org.to_string().as_str()));
        assert_eq!(arrived.value, event.wire());
        assert_headers(arrived, event);
        prev = place;
    }
}

fn assert_headers(arrived: &Arrived, event: &StoredEvent) {
    let frame = Frame::read(&event.body).unwrap();
    let schema = format!("urn:xentri:message:{}", frame.payload_schema);
    let trace = frame.trace_id.map(|trace| trace.to_string());
    let subject = format!("{}/{}", event.stream_type, event.stream_id);
    assert_eq!(arrived.header(header::ID), Some(event.id.to_string().as_str()));
    assert_eq!(arrived.header(header::TYPE), Some(&*event.type_name));
    assert_eq!(arrived.header(header::SUBJECT), Some(subject.as_str()));
    assert_eq!(arrived.header(header::SPEC_VERSION), Some("1.0"));
    assert_eq!(arrived.header(header::TIME), Some(frame.occurred_at.to_string().as_str()));
    assert_eq!(arrived.header(header::DATA_SCHEMA), Some(schema.as_str()));
    assert_eq!(arrived.header(header::CONTENT_TYPE), Some("application/json"));
    assert_eq!(arrived.header(header::SOURCE), Some(format!("urn:xentri:org:{}", event.org).as_str()));
    let parent = arrived.header(header::TRACE_PARENT);
    assert_eq!(parent.is_some(), trace.is_some());
    assert!(parent.is_none_or(|parent| parent.starts_with(&format!("00-{}-", trace.unwrap()))));
}
