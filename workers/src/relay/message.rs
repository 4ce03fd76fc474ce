//! One message: an event in the binary mode of CloudEvents 1.0, with its place in the shard and the place of the message
//! before it.

use rdkafka::message::{Header, OwnedHeaders};
use serde::Deserialize;
use uuid::Uuid;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_ledger::StoredEvent;

use crate::feed::Place;

/// The type of what an idle partition gets: its position is that of the last event that was sent there.
pub use xentri_schemas::HEARTBEAT_TYPE as HEARTBEAT;

/// The names of headers. All values are ASCII.
pub mod header {
    pub const CONTENT_TYPE: &str = "content-type";
    pub const ID: &str = "ce_id";
    pub const TYPE: &str = "ce_type";
    pub const SOURCE: &str = "ce_source";
    pub const SPEC_VERSION: &str = "ce_specversion";
    pub const TIME: &str = "ce_time";
    pub const SUBJECT: &str = "ce_subject";
    pub const DATA_SCHEMA: &str = "ce_dataschema";
    pub const TRACE_PARENT: &str = "traceparent";
    pub const EPOCH: &str = "xentri-epoch";
    pub const POSITION: &str = "xentri-position";
    /// `epoch:position` of the message before in this topic and partition; `0:0` at the start.
    pub const PREV: &str = "xentri-prev";
}

/// The same for each topic but for what was sent there before, which [`headers_after`](Self::headers_after) adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub place: Place,
    /// None of a heartbeat, which is nobody's.
    pub key: Option<String>,
    pub value: String,
    headers: Vec<(&'static str, String)>,
}

/// What headers tell of an envelope. A program that is newer than this one may have written it: what can't be read is
/// left out, for an event that stays behind would hold up all others.
#[derive(Debug, Default, Deserialize)]
struct Told {
    occurred_at: Option<String>,
    payload_schema: Option<String>,
    trace_id: Option<String>,
}

impl Message {
    pub fn of(event: &StoredEvent) -> Self {
        let told: Told = serde_json::from_str(&event.body).unwrap_or_default();
        let place = Place { epoch: event.epoch, position: event.position };
        let time = told.occurred_at.unwrap_or_else(|| event.recorded_at.to_string());
        let subject = format!("{}/{}", event.stream_type, event.stream_id);
        let mut headers = base(event.id.to_string(), &event.type_name, source(Some(event.org)), time, place);
        headers.push((header::SUBJECT, subject));
        headers.extend(
            told.payload_schema.map(|name| (header::DATA_SCHEMA, format!("urn:xentri:message:{name}"))),
        );
        headers
            .extend(told.trace_id.map(|trace| (header::TRACE_PARENT, trace_parent(&trace, event.id.uuid()))));
        headers.retain(|(_, value)| value.is_ascii());
        Self { place, key: Some(event.org.to_string()), value: event.wire(), headers }
    }

    /// `head`: of the last event that was sent to this topic and partition. It is its own predecessor.
    pub fn heartbeat(head: Place, now: Timestamp) -> Self {
        let id = Uuid::now_v7().to_string();
        let headers = base(id, HEARTBEAT, source(None), now.to_string(), head);
        Self { place: head, key: None, value: "{}".to_owned(), headers }
    }

    pub fn headers_after(&self, prev: Place) -> OwnedHeaders {
        let prev = (header::PREV, format!("{}:{}", prev.epoch, prev.position));
        let all = self.headers.iter().chain(std::iter::once(&prev));
        all.fold(OwnedHeaders::new_with_capacity(self.headers.len() + 1), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(value) })
        })
    }
}

fn base(
    id: String,
    type_name: &str,
    source: String,
    time: String,
    place: Place,
) -> Vec<(&'static str, String)> {
    vec![
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::SPEC_VERSION, "1.0".to_owned()),
        (header::ID, id),
        (header::TYPE, type_name.to_owned()),
        (header::SOURCE, source),
        (header::TIME, time),
        (header::EPOCH, place.epoch.to_string()),
        (header::POSITION, place.position.to_string()),
    ]
}

/// Together with the id it names an event for ever; a heartbeat comes from the ledger as a whole.
fn source(org: Option<OrgId>) -> String {
    org.map_or_else(|| "urn:xentri:ledger".to_owned(), |org| format!("urn:xentri:org:{org}"))
}

/// The envelope has a trace and no span: the second half of the event's id stands for it, so that an event that is sent
/// again says the same.
fn trace_parent(trace: &str, event: Uuid) -> String {
    format!("00-{trace}-{:016x}-01", event.as_u64_pair().1)
}

/// `epoch:position`, as [`header::PREV`] has it.
pub fn read_place(text: &str) -> Option<Place> {
    let (epoch, position) = text.split_once(':')?;
    Some(Place { epoch: epoch.parse().ok()?, position: position.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use rdkafka::message::Headers as _;
    use xentri_domain::kernel::{EventId, StreamId};
    use xentri_ledger::Shard;
    use xentri_schemas::Digest;

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn event(body: &str) -> StoredEvent {
        let id = "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a";
        StoredEvent {
            shard: Shard::new(3),
            epoch: 2,
            position: 41,
            org: OrgId::parse(id).unwrap(),
            org_seq: 7,
            stream_type: "lead".into(),
            stream_id: StreamId::parse(id).unwrap(),
            version: 1,
            id: EventId::parse(id).unwrap(),
            type_name: "xentri.lead.created.v1".into(),
            recorded_at: Timestamp::from_micros(1_800_000_000_000_000).unwrap(),
            hash: Digest::from_bytes([7; 32]),
            body: body.to_owned(),
        }
    }

    fn headers(message: &Message, prev: Place) -> Vec<(String, String)> {
        let headers = message.headers_after(prev);
        let text = |raw: Option<&[u8]>| String::from_utf8(raw.unwrap().to_vec()).unwrap();
        headers.iter().map(|header| (header.key.to_owned(), text(header.value))).collect()
    }

    fn value_of(headers: &[(String, String)], name: &str) -> Option<String> {
        headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    #[test]
    fn an_event_says_what_it_is_and_what_came_before_it() {
        let body = format!(
            r#"{{"occurred_at":"2026-01-31T09:30:00.000000Z","payload_schema":"lead.created@1.0","payload":{{"name":"Ñ"}},"trace_id":"{TRACE}"}}"#
        );
        let event = event(&body);
        let message = Message::of(&event);
        assert_eq!(message.key.as_deref(), Some("0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a"));
        assert_eq!(message.value, event.wire());
        let mut told = headers(&message, Place { epoch: 1, position: 40 });
        told.sort();
        let expected = [
            ("ce_dataschema", "urn:xentri:message:lead.created@1.0"),
            ("ce_id", "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a"),
            ("ce_source", "urn:xentri:org:0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a"),
            ("ce_specversion", "1.0"),
            ("ce_subject", "lead/0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a"),
            ("ce_time", "2026-01-31T09:30:00.000000Z"),
            ("ce_type", "xentri.lead.created.v1"),
            ("content-type", "application/json"),
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-9d0e3f6b8c1d2e4a-01"),
            ("xentri-epoch", "2"),
            ("xentri-position", "41"),
            ("xentri-prev", "1:40"),
        ];
        assert_eq!(told, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn an_envelope_that_this_program_can_t_read_is_sent_all_the_same() {
        for body in ["[]", r#"{"occurred_at":7}"#, r#"{"payload_schema":"café@1.0"}"#] {
            let message = Message::of(&event(body));
            let told = headers(&message, Place::default());
            assert_eq!(value_of(&told, header::TIME).unwrap(), "2027-01-15T08:00:00.000000Z");
            assert_eq!(value_of(&told, header::DATA_SCHEMA), None);
            assert_eq!(value_of(&told, header::TRACE_PARENT), None);
            assert_eq!(value_of(&told, header::PREV).unwrap(), "0:0");
        }
    }

    #[test]
    fn a_heartbeat_is_nobodys_and_stands_at_the_head() {
        let head = Place { epoch: 2, position: 41 };
        let message = Message::heartbeat(head, Timestamp::from_micros(0).unwrap());
        assert_eq!((message.key.as_deref(), message.value.as_str()), (None, "{}"));
        let told = headers(&message, head);
        assert_eq!(value_of(&told, header::TYPE).unwrap(), HEARTBEAT);
        assert_eq!(value_of(&told, header::EPOCH).unwrap(), "2");
        assert_eq!(value_of(&told, header::POSITION).unwrap(), "41");
        assert_eq!(read_place(&value_of(&told, header::PREV).unwrap()), Some(head));
    }

    #[test]
    fn a_place_is_read_as_it_is_written() {
        assert_eq!(read_place("0:0"), Some(Place::default()));
        assert_eq!(read_place("2:41"), Some(Place { epoch: 2, position: 41 }));
        for wrong in ["", "2", "2:", ":41", "2:41:7", "-1:3"] {
            assert_eq!(read_place(wrong), None, "{wrong}");
        }
    }
}
