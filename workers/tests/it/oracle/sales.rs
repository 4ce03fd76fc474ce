//! Leads, from the first word to the last, and people who are forgotten.

use std::sync::Arc;

use rand::RngExt as _;
use serde_json::{Value, json};
use xentri_domain::kernel::{PulseItemId, Scope, StreamId};
use xentri_domain::lead::{Lead, Status};
use xentri_testkit::factory;

use super::company::Company;

impl Company {
    pub(super) async fn sell(&mut self) {
        let busy = self.leads.len() >= 4 && self.chance(80);
        match self.choose(&self.leads.clone()).filter(|_| busy) {
            Some(lead) => self.work_on_lead(lead).await,
            None => self.capture().await,
        }
    }

    async fn capture(&mut self) {
        let source = self.choose(&["form", "import", "manual"]);
        let mut body = json!({ "name": self.word(), "source": source });
        if self.chance(60) {
            body["email"] = json!(format!("a{}@example.com", self.random.random_range(0..1_000)));
        }
        if self.chance(40) {
            body["phone"] = json!("+34 600 123 456");
        }
        if self.chance(50) {
            body["company"] = json!(self.word());
        }
        if self.chance(60) {
            body["value"] = self.money();
        }
        if self.chance(30) {
            body["note"] = json!(self.word());
        }
        if let Some(answer) = self.give(None, "lead.capture", &body).await {
            self.leads.push(answer.id);
            // People promote and dismiss what rules have made as well.
            let item = PulseItemId::of(answer.events[0].id, Scope::LEADS, "lead_created");
            self.items.push((item.into(), "module.leads"));
        }
    }

    async fn work_on_lead(&mut self, id: StreamId) {
        let lead: Arc<Lead> = self.state(id).await;
        if self.chance(25) {
            let is_over = matches!(lead.status, Status::Won | Status::Lost | Status::Disqualified);
            return self.note(id, is_over).await;
        }
        match lead.status {
            Status::New if self.chance(85) => self.contact(id).await,
            Status::Contacted if self.chance(70) => {
                let score = self.random.random_range(0..=100);
                let body = json!({ "score": score, "reason": self.word() });
                self.give(Some(id), "lead.qualify", &body).await;
            }
            Status::Qualified | Status::Proposal if self.chance(15) => self.end(id, "lead.lose").await,
            Status::Qualified => self.propose(id).await,
            Status::Proposal if self.chance(30) => self.propose(id).await,
            Status::Proposal => {
                let amount = lead.proposal.as_ref().unwrap().amount;
                self.give(Some(id), "lead.win", &json!({ "amount": amount })).await;
            }
            Status::New | Status::Contacted if self.chance(60) => self.end(id, "lead.disqualify").await,
            _ if self.chance(10) => self.forget(id).await,
            _ => self.follow_up(id, &lead).await,
        }
    }

    async fn end(&mut self, id: StreamId, how: &str) {
        let body = json!({ "reason": self.word() });
        self.give(Some(id), how, &body).await;
    }

    async fn contact(&mut self, id: StreamId) {
        let channel = self.choose(&["email", "phone", "meeting", "message", "other"]);
        let mut body = json!({ "channel": channel });
        if self.chance(30) {
            body["note"] = json!(self.word());
        }
        if self.chance(30) {
            body["at"] = json!(self.later(-5));
        }
        self.give(Some(id), "lead.log-contact", &body).await;
    }

    async fn propose(&mut self, id: StreamId) {
        let days = self.random.random_range(2..60);
        let body = json!({ "amount": self.money(), "valid_until": self.day(days) });
        self.give(Some(id), "lead.send-proposal", &body).await;
    }

    /// What may be done in most states; little of it when it is over.
    async fn note(&mut self, id: StreamId, is_over: bool) {
        match self.random.random_range(0..5) {
            n if n == 0 || (is_over && n < 4) => {
                let body = json!({ "note": self.word() });
                self.give(Some(id), "lead.add-note", &body).await;
            }
            1 => {
                self.give(Some(id), "lead.assign", &json!({ "owner": factory::user() })).await;
            }
            2 => self.contact(id).await,
            _ => {
                let body = self.details();
                self.give(Some(id), "lead.update-details", &body).await;
            }
        }
    }

    /// Some of them changed, some cleared.
    fn details(&mut self) -> Value {
        let mut body = json!({});
        if self.chance(40) {
            body["name"] = json!(self.word());
        }
        if self.chance(40) {
            let email = json!(format!("b{}@example.com", self.random.random_range(0..1_000)));
            body["email"] = if self.chance(50) { email } else { Value::Null };
        }
        if self.chance(30) {
            body["phone"] = if self.chance(50) { json!("+44 20 7946 0000") } else { Value::Null };
        }
        if self.chance(40) {
            body["company"] = if self.chance(50) { json!(self.word()) } else { Value::Null };
        }
        if self.chance(50) {
            body["value"] = if self.chance(70) { self.money() } else { Value::Null };
        }
        body
    }

    async fn follow_up(&mut self, id: StreamId, lead: &Lead) {
        let open: Vec<_> = lead.follow_ups.iter().map(|open| open.id).collect();
        if let Some(done) = self.choose(&open).filter(|_| open.len() > 3) {
            self.give(Some(id), "lead.complete-follow-up", &json!({ "follow_up_id": done })).await;
            return;
        }
        // Some at the same moment.
        let hours = 24 * self.random.random_range(1..6);
        let mut body = json!({ "due_at": self.later(hours) });
        if self.chance(40) {
            body["note"] = json!(self.word());
        }
        self.give(Some(id), "lead.schedule-follow-up", &body).await;
    }

    pub(super) async fn forget(&mut self, person: StreamId) {
        let body = if self.chance(50) { json!({ "reason": "they asked for it" }) } else { json!({}) };
        self.give(Some(person), "subject.forget", &body).await;
    }
}
