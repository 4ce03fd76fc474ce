//! The brief, again and again from review to approval, and what agents propose for it.

use std::sync::Arc;

use rand::RngExt as _;
use serde_json::{Value, json};
use xentri_domain::brief::{Brief, Status};
use xentri_domain::kernel::BriefId;

use super::company::Company;

const SECTIONS: [&str; 7] =
    ["identity", "audience", "offerings", "positioning", "goals", "proof", "operations"];

impl Company {
    pub(super) async fn plan(&mut self) {
        let id = BriefId::of(self.org().into());
        let brief: Arc<Brief> = self.state(id.into()).await;
        let talked_about = !matches!(brief.status, Status::Absent | Status::Initiated);
        if talked_about && self.chance(40) {
            return self.propose_or_decide(&brief).await;
        }
        let text = json!(self.word());
        let (name, body) = match brief.status {
            Status::Absent => ("start", json!({})),
            Status::Initiated => ("record-answer", json!({ "question": text, "answer": self.word() })),
            Status::Conversing => return self.converse().await,
            Status::Drafting => ("submit-draft", json!({ "sections": self.sections() })),
            Status::ReviewPending if self.chance(40) => ("request-changes", json!({ "note": text })),
            Status::ReviewPending => ("approve", json!({})),
            Status::Editing if self.chance(40) => ("resubmit", json!({})),
            Status::Editing => {
                ("edit-section", json!({ "section": self.choose(&SECTIONS), "content": text }))
            }
            Status::Approved => ("revise", json!({})),
        };
        self.give(None, &format!("brief.{name}"), &body).await;
    }

    /// Some have a lot to say before they are ready.
    async fn converse(&mut self) {
        let answers = if self.chance(15) { 60 } else { 3 };
        for _ in 0..answers {
            let body = json!({ "question": self.word(), "answer": self.word() });
            self.give(None, "brief.record-answer", &body).await;
        }
        self.give(None, "brief.confirm-ready", &json!({})).await;
    }

    /// Those without which nothing is approved, and maybe others.
    fn sections(&mut self) -> Value {
        let count = self.random.random_range(5..=SECTIONS.len());
        SECTIONS[..count].iter().map(|section| ((*section).to_owned(), json!(self.word()))).collect()
    }

    async fn propose_or_decide(&mut self, brief: &Brief) {
        let open: Vec<_> = brief.proposals.values().map(|proposal| proposal.id).collect();
        match self.choose(&open).filter(|_| open.len() > 1) {
            Some(id) if self.chance(60) => {
                self.give(None, "brief.accept-proposal", &json!({ "proposal_id": id })).await;
            }
            Some(id) => {
                let body = json!({ "proposal_id": id, "reason": self.word() });
                self.give(None, "brief.reject-proposal", &body).await;
            }
            None => {
                // Some are never decided in time, and another takes their place.
                let expires_in = self.random.random_range(3_600..20 * 86_400);
                let body = json!({ "section": self.choose(&SECTIONS), "content": self.word(), "agent": "co-pilot",
                                   "expires_in": expires_in });
                self.give(None, "brief.propose-section", &body).await;
            }
        }
    }
}
