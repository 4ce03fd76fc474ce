//! The headers of messages: CloudEvents 1.0 in binary mode, and ours.

use serde_json::{Map, Value, json};
use xentri_schemas::HEARTBEAT_TYPE;

use super::text;

const NUMBER: &str = "^(0|[1-9][0-9]{0,15})$";
const PLACE: &str = "^(0|[1-9][0-9]{0,15}):(0|[1-9][0-9]{0,15})$";

pub(super) fn of_events() -> Value {
    let more = json!({
        "ce_source": { "type": "string", "format": "uri", "description": "The org: `urn:xentri:org:{org_id}`." },
        "ce_subject": { "type": "string", "description": "The stream, as in `lead/{id}`." },
        "ce_dataschema": {
            "type": "string", "format": "uri",
            "description": "The JSON Schema of the value, `urn:xentri:message:{payload_schema}`: the envelope with that payload.",
        },
    });
    let mut headers = headers("event", &more);
    headers["properties"]["traceparent"] = json!({
        "type": "string", "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
        "description": "W3C Trace Context: the trace of the request that led to the event, where there was one.",
    });
    headers
}

pub(super) fn of_heartbeats() -> Value {
    let more = json!({
        "ce_type": { "const": HEARTBEAT_TYPE },
        "ce_source": { "const": "urn:xentri:ledger" },
    });
    headers("heartbeat", &more)
}

/// Those of every message, and more that are always there.
fn headers(whose: &str, more: &Value) -> Value {
    let number = |about: &str| json!({ "type": "string", "pattern": NUMBER, "description": about });
    let mut properties = json!({
        "content-type": { "const": "application/json" },
        "ce_specversion": { "const": "1.0", "description": "CloudEvents, in binary mode." },
        "ce_id": { "type": "string", "format": "uuid", "description": "Of an event, its `id`." },
        "ce_type": { "type": "string", "description": "Of an event, its `type`." },
        "ce_time": { "type": "string", "format": "date-time", "description": "Of an event, its `occurred_at`. It decides no order." },
        "xentri-epoch": number("From 1 on; raised when the ledger is set back to an earlier point."),
        "xentri-position": number("In the shard, which is the partition; compared after the epoch."),
        "xentri-prev": {
            "type": "string", "pattern": PLACE,
            "description": "Epoch and position of the message before this one in this topic and partition; `0:0` before the first.",
        },
    });
    properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let required: Vec<_> = properties.as_object().unwrap().keys().cloned().collect();
    json!({
        "title": format!("Headers of {} {whose}", if whose == "event" { "an" } else { "a" }),
        "description": text::HEADERS,
        "type": "object",
        "properties": properties,
        "required": required,
    })
}

/// Those that come with that value.
pub(super) fn example(wire: &Value) -> Value {
    let text = |pointer: &str| wire.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let span = text("/id").replace('-', "").split_off(16);
    let mut headers = placed("1", "1042", "1:1039");
    headers.extend(about(
        &text("/id"),
        &text("/type"),
        &format!("urn:xentri:org:{}", text("/org_id")),
        &text("/occurred_at"),
    ));
    headers.insert("ce_subject".into(), format!("{}/{}", text("/stream/type"), text("/stream/id")).into());
    headers.insert("ce_dataschema".into(), format!("urn:xentri:message:{}", text("/payload_schema")).into());
    headers.insert("traceparent".into(), format!("00-{}-{span}-01", text("/trace_id")).into());
    headers.into()
}

pub(super) fn example_of_heartbeat() -> Value {
    let mut headers = placed("1", "1042", "1:1042");
    let id = "0190a5e2-0000-7000-8000-000000000003";
    headers.extend(about(id, HEARTBEAT_TYPE, "urn:xentri:ledger", "2026-01-31T09:31:00.000000Z"));
    headers.into()
}

fn placed(epoch: &str, position: &str, prev: &str) -> Map<String, Value> {
    fields(&[("xentri-epoch", epoch), ("xentri-position", position), ("xentri-prev", prev)])
}

fn about(id: &str, type_name: &str, source: &str, time: &str) -> Map<String, Value> {
    fields(&[
        ("content-type", "application/json"),
        ("ce_specversion", "1.0"),
        ("ce_id", id),
        ("ce_type", type_name),
        ("ce_source", source),
        ("ce_time", time),
    ])
}

fn fields(fields: &[(&str, &str)]) -> Map<String, Value> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
}
