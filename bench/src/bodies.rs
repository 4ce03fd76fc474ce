//! The commands of a lead and of an invoice, as clients send them.

use anyhow::anyhow;
use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::aggregate::CommandKind;
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
        for body in steps.chain([note(), draft(), issue(), org()]) {
            let body = body.unwrap();
            let command = read_command(body.kind, body.fields.to_string().as_bytes());
            assert!(command.is_ok(), "{body:?}: {command:?}");
        }
    }
}
