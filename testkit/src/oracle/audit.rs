//! Every event, with who, when and why.

use serde_json::{Value, json};

use super::Fold;
use super::event::Event;
use super::table::Table;

#[derive(Default)]
pub(super) struct Audit(Vec<Value>);

impl Fold for Audit {
    fn take(&mut self, event: &Event) {
        let (body, meta) = (&event.body, &event.body["meta"]);
        self.0.push(json!({
            "org_id": event.org(),
            "id": event.id(),
            "org_seq": event.org_seq,
            "stream_type": event.stream_type(),
            "stream_id": event.stream_id(),
            "version": event.version(),
            "event_type": body["type"],
            "context": context(event.kind()),
            "actor_type": body["actor"]["type"],
            "actor_id": body["actor"]["id"],
            "correlation_id": body["correlation_id"],
            "causation_id": body["causation_id"],
            "occurred_at": body["occurred_at"],
            "recorded_at": event.recorded_at,
            "source": meta["source"],
            "command": meta["command"],
            "reason": meta["reason"],
            "on_behalf_of": meta["on_behalf_of"],
        }));
    }

    fn tables(self: Box<Self>) -> Vec<Table> {
        vec![Table::new("audit", "audit", &["org_id", "id"], self.0)]
    }
}

/// The topic for integrators on which it is.
fn context(kind: &str) -> &'static str {
    let (subject, _) = kind.split_once('.').expect("subject and action");
    match subject {
        "org" | "subject" => "core",
        "brief" | "ai" => "strategy",
        "lead" | "deal" | "followup" => "sales",
        "invoice" | "invoice_number" => "finance",
        "site" | "website" | "page" | "content" | "slug" | "page_path" => "brand",
        "pulse" => "pulse",
        other => panic!("the oracle knows no context of {other}"),
    }
}
