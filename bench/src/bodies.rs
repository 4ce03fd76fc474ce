//! Commands as clients send them.

use anyhow::anyhow;
use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::aggregate::CommandKind;
use xentri_domain::kernel::StreamId;
use xentri_domain::registry::command_kinds;

/// As long as what the others store.
const NOTE: &str = "Called the office in the morning and spoke to the head of purchasing, who had read the brochure and \
    liked the second offer better than the first. To be called again on Thursday, not before ten.";

/// One command, ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) kind: &'static CommandKind,
    pub(crate) fields: Value,
}

impl Body {
    /// The same with the id that a new stream is to have.
    pub(crate) fn with_id(&self, id: Uuid) -> Value {
        let mut fields = self.fields.clone();
        fields["id"] = id.to_string().into();
        fields
    }
}

/// A lead's command number `step`.
pub(crate) fn of_lead(step: usize) -> anyhow::Result<Body> {
    let (name, fields) = match step {
        0 => (
            "capture",
            json!({ "name": "Henriette Musterfrau", "email": "henriette.musterfrau@example.com",
                    "phone": "+493055501234", "company": "Musterfrau Machines", "source": "form" }),
        ),
        1 => ("log-contact", json!({ "channel": "phone", "note": NOTE })),
        2 => ("qualify", json!({ "score": 80, "reason": NOTE })),
        3 => {
            let amount = json!({ "amount": 12_345_600, "currency": "EUR" });
            ("send-proposal", json!({ "amount": amount, "valid_until": "2100-02-01" }))
        }
        _ => ("win", json!({ "amount": { "amount": 12_000_000, "currency": "EUR" } })),
    };
    Ok(Body { kind: kind("lead", name)?, fields })
}

/// How a customer is won and served: 14 commands on four streams of one id, 17 events.
pub(crate) const BUSINESS_STEPS: usize = 14;
pub(crate) const BUSINESS_EVENTS: u64 = 17;

/// Command number `step` of that. The page is one of the org's site, and has a path of its own.
pub(crate) fn of_business(step: usize, site: StreamId, id: Uuid) -> anyhow::Result<Body> {
    let money = |amount: i64| json!({ "amount": amount, "currency": "EUR" });
    let block = json!({ "type": "text", "text": NOTE });
    let (stream_type, name, fields) = match step {
        0 => return of_lead(0),
        1 => return of_lead(1),
        2 => return note(),
        3 => return of_lead(2),
        4 => return of_lead(3),
        5 => return of_lead(4),
        6 => ("lead", "schedule-follow-up", json!({ "due_at": "2100-01-02T10:00:00Z", "note": NOTE })),
        7 => return draft(),
        8 => return issue(),
        9 => {
            let received = json!({ "amount": money(121_000), "method": "bank_transfer", "reference": "7",
                                   "received_at": "2026-03-02T12:00:00Z" });
            ("invoice", "record-payment", received)
        }
        10 => {
            let page =
                json!({ "site_id": site, "path": format!("/{id}"), "title": "Offers", "blocks": [block] });
            ("page", "add", page)
        }
        11 => ("page", "update", json!({ "title": "Our offers", "blocks": [block, block] })),
        12 => ("page", "request-preview", json!({})),
        _ => {
            let raised = json!({ "scope": "module.leads", "importance": 3, "title": "Call again",
                                 "action_required": true });
            ("pulse_item", "raise", raised)
        }
    };
    Ok(Body { kind: kind(stream_type, name)?, fields })
}

pub(crate) fn site() -> anyhow::Result<Body> {
    Ok(Body { kind: kind("site", "create")?, fields: json!({ "name": "Bakery", "slug": "bakery" }) })
}

pub(crate) fn brief() -> anyhow::Result<Body> {
    Ok(Body { kind: kind("brief", "start")?, fields: json!({}) })
}

pub(crate) fn note() -> anyhow::Result<Body> {
    Ok(Body { kind: kind("lead", "add-note")?, fields: json!({ "note": NOTE }) })
}

pub(crate) fn draft() -> anyhow::Result<Body> {
    let line =
        json!({ "description": "Design", "quantity": "10", "unit_price": 10_000, "tax_rate_bp": 2100 });
    let customer = json!({ "name": "Henriette Musterfrau", "email": "henriette.musterfrau@example.com" });
    let fields = json!({ "customer": customer, "lines": [line], "due_in_days": 30 });
    Ok(Body { kind: kind("invoice", "draft")?, fields })
}

pub(crate) fn issue() -> anyhow::Result<Body> {
    Ok(Body { kind: kind("invoice", "issue")?, fields: json!({}) })
}

pub(crate) fn org() -> anyhow::Result<Body> {
    let fields = json!({ "name": "Bakery", "time_zone": "UTC", "currency": "EUR", "language": "en" });
    Ok(Body { kind: kind("org", "create")?, fields })
}

fn kind(stream_type: &str, name: &str) -> anyhow::Result<&'static CommandKind> {
    let found = command_kinds().find(|kind| kind.stream_type == stream_type && kind.name == name);
    found.ok_or_else(|| anyhow!("no such command: {stream_type} {name}"))
}

#[cfg(test)]
mod tests {
    use xentri_schemas::read_command;

    use super::*;
    use crate::contender::Scenario;

    #[test]
    fn every_body_is_one_that_the_door_takes() {
        let steps = (0..Scenario::Lifecycle.steps()).map(of_lead);
        let id = Uuid::now_v7();
        let business = (0..BUSINESS_STEPS).map(|step| of_business(step, StreamId::try_from(id).unwrap(), id));
        for body in steps.chain(business).chain([note(), draft(), issue(), org(), site(), brief()]) {
            let body = body.unwrap();
            let command = read_command(body.kind, body.fields.to_string().as_bytes());
            assert!(command.is_ok(), "{body:?}: {command:?}");
        }
    }
}
