//! What is given: histories and bodies of ordinary size.

use serde_json::{Value, json};
use xentri_domain::kernel::StreamId;

/// One of a few ids.
pub(crate) fn stream_id(n: u8) -> StreamId {
    StreamId::v7(n.into(), [n; 10])
}

pub(crate) fn eur(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

pub(crate) fn org() -> Value {
    let settings = json!({
        "name": "Acme", "external_id": "org_2abFqT", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es",
        "invoice_prefix": "INV",
    });
    json!([["org.created", settings]])
}

pub(crate) fn brief_in_review() -> Value {
    let content = "We bake bread for those who rise early. ".repeat(20);
    let sections = json!({
        "identity": content, "audience": content, "offerings": content, "positioning": content, "goals": content,
    });
    json!([
        ["brief.started", {}],
        ["brief.answer_recorded", { "question": "Who are you?", "answer": "A bakery." }],
        ["brief.drafting_started", {}],
        ["brief.draft_generated", { "sections": sections }],
    ])
}

pub(crate) fn proposal() -> Value {
    json!({ "section": "proof", "content": "Five stars", "agent": "Co-pilot 2.1", "expires_in": 86_400 })
}

/// A qualified one.
pub(crate) fn lead() -> Value {
    let person = json!({
        "name": "Ada Lovelace", "email": "ada@example.com", "phone": "+34600000000", "source": "form",
        "value": eur(500_000), "note": "met at a fair",
    });
    json!([
        ["lead.created", person],
        ["lead.contacted", { "channel": "phone", "at": "2026-03-01T10:00:00.000000Z" }],
        ["lead.qualified", { "score": 80, "reason": "has a budget" }],
    ])
}

fn lines() -> Value {
    let line = json!({ "description": "Bread", "quantity": "12.5", "unit_price": 320, "tax_rate_bp": 1000 });
    json!([line, line, line, line, line])
}

pub(crate) fn draft() -> Value {
    let customer = json!({ "name": "Ada Lovelace", "email": "ada@example.com", "address": "Calle Mayor 1" });
    json!({ "customer": customer, "currency": "EUR", "lines": lines(), "due_in_days": 30 })
}

pub(crate) fn invoice_draft() -> Value {
    let mut drafted = draft();
    drafted["customer"]["subject_id"] = json!(stream_id(5));
    json!([["invoice.drafted", drafted]])
}

pub(crate) fn invoice_issued() -> Value {
    let mut history = invoice_draft();
    let issued = json!({
        "number": "INV-2026-000001", "year": 2026, "sequence": 1, "issue_date": "2026-03-02", "due_date": "2026-04-01",
        "totals": { "subtotal": eur(20_000), "tax": eur(2_000), "total": eur(22_000) },
    });
    history.as_array_mut().unwrap().push(json!(["invoice.issued", issued]));
    history
}

pub(crate) fn payment() -> Value {
    json!({
        "amount": eur(5_000), "method": "bank_transfer", "reference": "R-1", "received_at": "2026-03-02T14:00:00Z",
    })
}

pub(crate) fn site() -> Value {
    json!([["site.created", { "name": "Acme", "slug": "acme" }]])
}

pub(crate) fn page() -> Value {
    let blocks = json!([{ "type": "text", "text": "We bake." }, { "type": "divider" }]);
    json!({ "site_id": stream_id(2), "path": "/about", "title": "About us", "blocks": blocks })
}

pub(crate) fn page_in_preview() -> Value {
    json!([["page.created", page()], ["page.preview_requested", { "site_id": stream_id(2) }]])
}

pub(crate) fn ten_paths() -> Value {
    let claimed = |n: u8| {
        let path = format!("/page-{n}");
        json!(["page_path.claimed", { "site_id": stream_id(2), "path": path, "page_id": stream_id(10 + n) }])
    };
    (0..10).map(claimed).collect()
}

pub(crate) fn item() -> Value {
    json!({
        "scope": "module.leads", "importance": 2, "title": "A big lead", "summary": "Call before Friday.",
        "action_required": true, "expires_at": "2026-03-09T09:00:00Z",
    })
}
