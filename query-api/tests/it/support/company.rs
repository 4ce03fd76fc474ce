//! An org in which something of everything has happened.

use serde_json::json;
use xentri_commands::Answer;
use xentri_domain::kernel::{Principal, StreamId};
use xentri_testkit::factory;

use super::World;

pub(crate) struct Company {
    pub(crate) owner: Principal,
    pub(crate) lead: StreamId,
    pub(crate) invoice: StreamId,
    pub(crate) site: StreamId,
    pub(crate) page: StreamId,
    /// Of the last command.
    pub(crate) token: String,
}

/// What is found nowhere but in what is personal.
pub(crate) const NAME: &str = "Ada Canary Lovelace";
pub(crate) const EMAIL: &str = "canary@example.com";
pub(crate) const PHONE: &str = "+34600123456";

impl World {
    pub(crate) async fn company(&self) -> Company {
        let owner = self.owner().await;
        self.strategy(&owner).await;
        let lead = self.sale(&owner).await;
        let invoice = self.bill(&owner, lead).await;
        let (site, page, last) = self.website(&owner).await;
        Company { owner, lead, invoice, site, page, token: last.consistency_token }
    }

    async fn strategy(&self, owner: &Principal) {
        let give = async |name: &str, body| drop(self.give(owner, None, name, &body).await);
        give("brief.start", json!({})).await;
        give("brief.record-answer", json!({ "question": "What for?", "answer": "Bread." })).await;
    }

    async fn sale(&self, owner: &Principal) -> StreamId {
        let ada = json!({ "name": NAME, "email": EMAIL, "phone": PHONE, "company": "Engines", "source": "form",
            "value": { "amount": 120_000, "currency": "EUR" }, "note": "canary" });
        let lead = self.give(owner, None, "lead.capture", &ada).await.id;
        let give = async |name: &str, body| drop(self.give(owner, Some(lead), name, &body).await);
        give("lead.log-contact", json!({ "channel": "phone", "note": "canary" })).await;
        give("lead.schedule-follow-up", json!({ "due_at": "2026-03-05T09:00:00Z", "note": "canary" })).await;
        give("lead.qualify", json!({ "score": 80, "reason": "has an oven" })).await;
        lead
    }

    async fn bill(&self, owner: &Principal, lead: StreamId) -> StreamId {
        let draft = json!({ "customer": { "name": NAME, "email": EMAIL, "address": "Canary Street 1" },
            "lead_id": lead, "due_in_days": 14, "currency": "EUR",
            "lines": [{ "description": "Bread", "quantity": "2", "unit_price": 150, "tax_rate_bp": 1000 }] });
        let invoice = self.give(owner, None, "invoice.draft", &draft).await.id;
        self.give(owner, Some(invoice), "invoice.issue", &json!({})).await;
        let payment = json!({ "amount": { "amount": 100, "currency": "EUR" }, "method": "card", "reference": "A1",
            "received_at": "2026-03-02T11:00:00Z" });
        self.give(owner, Some(invoice), "invoice.record-payment", &payment).await;
        invoice
    }

    async fn website(&self, owner: &Principal) -> (StreamId, StreamId, Answer) {
        let site =
            self.give(owner, None, "site.create", &json!({ "name": "Bakery", "slug": "bakery" })).await.id;
        let home =
            json!({ "site_id": site, "path": "/", "title": "Home", "blocks": [{ "type": "divider" }] });
        let page = self.give(owner, None, "page.add", &home).await.id;
        let last = self.give(owner, Some(page), "page.request-preview", &json!({})).await;
        let publishing =
            self.give(&factory::system(owner.org()), Some(site), "site.publish", &json!({})).await;
        drop(last);
        (site, page, publishing)
    }
}
