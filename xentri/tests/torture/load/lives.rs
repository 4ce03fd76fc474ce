//! What clients do: one life after another, in orgs that come up one by one.

use std::sync::Arc;

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::client::{Client, id};
use super::org::Org;

/// Somebody's part of the work. None when the load ends, or an answer was wrong.
struct Life {
    client: Client,
    orgs: Arc<[Org]>,
    stop: watch::Receiver<bool>,
    lives: usize,
}

pub(super) async fn live(client: Client, orgs: Arc<[Org]>, stop: watch::Receiver<bool>) {
    let mut life = Life { client, orgs, stop, lives: 0 };
    while !*life.stop.borrow() {
        // A life that ends early is one the more that is whole when it is looked at again.
        let _ended_early = life.one().await;
    }
}

impl Life {
    async fn one(&mut self) -> Option<()> {
        self.lives += 1;
        let orgs = self.orgs.clone();
        // The first ones at once, and all of them before long.
        let open = (self.lives + 2).min(orgs.len());
        let org = orgs[..open].choose(&mut self.client.random)?;
        self.made(org).await?;
        match self.client.random.random_range(0..10) {
            0..4 => self.lead(org).await,
            4..7 => self.invoice(org).await,
            7..8 => self.page(org).await,
            8..9 => self.pulse(org).await,
            _ => self.brief(org).await,
        }
    }

    async fn give(&mut self, org: &Org, path: &str, body: Value) -> Option<Value> {
        if *self.stop.borrow() { None } else { self.client.give(org, path, &body).await }
    }

    async fn made(&mut self, org: &Org) -> Option<()> {
        let body = json!({ "id": org.id.to_string(), "name": format!("Bakery {}", org.number),
                           "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es" });
        let making = async || self.client.make(org, &body).await.map(drop).ok_or(());
        org.made.get_or_try_init(making).await.ok().copied()
    }

    async fn lead(&mut self, org: &Org) -> Option<()> {
        let lead = self.captured(org).await?;
        let at = |command: &str| format!("/sales/leads/{lead}/{command}");
        let value = json!({ "amount": 120_000, "currency": "EUR" });
        self.give(org, &at("log-contact"), json!({ "channel": "phone", "note": "called back" })).await?;
        self.give(org, &at("qualify"), json!({ "score": 70, "reason": "they need bread" })).await?;
        self.give(org, &at("send-proposal"), json!({ "amount": value, "valid_until": "2100-01-31" })).await?;
        if self.client.random.random() {
            self.give(org, &at("win"), json!({ "amount": value })).await?;
        } else {
            self.give(org, &at("lose"), json!({ "reason": "too dear" })).await?;
        }
        self.give(org, &at("add-note"), json!({ "note": "all said" })).await.map(drop)
    }

    async fn captured(&mut self, org: &Org) -> Option<String> {
        let (client, n) = (self.client.number, self.lives);
        let ada = json!({ "name": format!("Ada {client} {n}"), "email": format!("ada-{client}-{n}@example.com"),
                          "source": "form", "value": { "amount": 90_000, "currency": "EUR" } });
        id(&self.give(org, "/sales/leads", ada).await?)
    }

    /// Half of them for a lead, who then gets a follow-up.
    async fn invoice(&mut self, org: &Org) -> Option<()> {
        let lead = if self.client.random.random() { Some(self.captured(org).await?) } else { None };
        let draft = json!({ "customer": { "name": "Ada Lovelace" }, "due_in_days": 14, "lead_id": lead,
            "lines": [{ "description": "Bread", "quantity": "2", "unit_price": 150, "tax_rate_bp": 1000 }] });
        let invoice = id(&self.give(org, "/finance/invoices", draft).await?)?;
        let at = |command: &str| format!("/finance/invoices/{invoice}/{command}");
        self.give(org, &at("issue"), json!({})).await?;
        if self.client.random.random_ratio(1, 4) {
            return self.give(org, &at("void"), json!({ "reason": "a slip" })).await.map(drop);
        }
        for (reference, amount) in [("first", 100), ("rest", 230)] {
            let payment = json!({ "amount": { "amount": amount, "currency": "EUR" }, "method": "cash",
                                  "reference": reference, "received_at": "2026-01-31T09:30:00Z" });
            self.give(org, &at("record-payment"), payment).await?;
        }
        Some(())
    }

    async fn page(&mut self, org: &Org) -> Option<()> {
        let site = json!({ "name": "Bakery", "slug": "bakery" });
        let making = async || {
            let site = self.give(org, "/brand/sites", site).await;
            site.and_then(|data| id(&data)).ok_or(())
        };
        let site = org.site.get_or_try_init(making).await.ok()?;
        let path = format!("/page-{}-{}", self.client.number, self.lives);
        let blocks = if self.client.random.random_ratio(1, 4) { long_text() } else { json!([]) };
        let page = json!({ "site_id": site, "path": path, "title": "Bread", "blocks": blocks });
        let page = id(&self.give(org, "/brand/pages", page).await?)?;
        let at = |command: &str| format!("/brand/pages/{page}/{command}");
        self.give(org, &at("update"), json!({ "title": "More bread", "blocks": blocks })).await?;
        self.give(org, &at("request-preview"), json!({})).await?;
        self.give(org, &at("continue-editing"), json!({})).await?;
        // A site has room for so many pages.
        if self.client.random.random_ratio(3, 4) {
            self.give(org, &at("remove"), json!({})).await?;
        }
        Some(())
    }

    async fn pulse(&mut self, org: &Org) -> Option<()> {
        let item = json!({ "scope": "module.leads", "importance": 2, "title": "The oven is broken",
                           "action_required": true });
        let item = id(&self.give(org, "/pulse/items", item).await?)?;
        let up = json!({ "from": "module.leads", "scope": "subcategory.crm", "importance": 1 });
        self.give(org, &format!("/pulse/items/{item}/promote"), up).await.map(drop)
    }

    /// The next step of the one brief that the org has.
    async fn brief(&mut self, org: &Org) -> Option<()> {
        let mut steps = org.brief.lock().await;
        let (command, body) = brief_step(*steps);
        self.give(org, &format!("/strategy/brief/{command}"), body).await?;
        *steps += 1;
        Some(())
    }
}

/// As much as a page takes, each letter of it two bytes in JSON: two such events are more than the relay reads at once.
fn long_text() -> Value {
    let lengths = [10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 5536];
    lengths.iter().map(|letters| json!({ "type": "text", "text": "\"".repeat(*letters) })).collect()
}

/// Started, asked, drafted, approved; from then on revised for ever.
fn brief_step(step: usize) -> (&'static str, Value) {
    let text = "Bread for everybody in the quarter";
    match step {
        0 => ("start", json!({})),
        1..4 => ("record-answer", json!({ "question": "For whom?", "answer": text })),
        4 => ("confirm-ready", json!({})),
        5 => {
            let sections = json!({ "identity": text, "audience": text, "offerings": text, "positioning": text,
                                   "goals": text });
            ("submit-draft", json!({ "sections": sections }))
        }
        _ => match (step - 6) % 4 {
            0 => ("approve", json!({})),
            1 => ("revise", json!({})),
            2 => ("edit-section", json!({ "section": "goals", "content": format!("{text}, {step} loaves") })),
            _ => ("resubmit", json!({})),
        },
    }
}
