//! What readers of leads get from postgres-es: of each lead about what our own read model has.

use cqrs_es::{EventEnvelope, View};
use serde::{Deserialize, Serialize};

use super::lead::{Lead, LeadEvent, Status};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct LeadView {
    status: Status,
    name: String,
    email: String,
    phone: String,
    company: String,
    /// When they are due.
    follow_ups: Vec<String>,
    score: Option<u8>,
    amount: Option<i64>,
    currency: Option<String>,
}

impl View<Lead> for LeadView {
    fn update(&mut self, event: &EventEnvelope<Lead>) {
        match event.payload.clone() {
            LeadEvent::Created { name, email, phone, company, .. } => {
                *self = Self { status: Status::New, name, email, phone, company, ..Self::default() };
            }
            LeadEvent::Contacted { .. } => self.status = Status::Contacted,
            LeadEvent::FollowUpScheduled { due_at, .. } => self.follow_ups.push(due_at),
            LeadEvent::Qualified { score, .. } => {
                (self.status, self.score) = (Status::Qualified, Some(score));
            }
            LeadEvent::ProposalSent { amount, currency, .. } => {
                (self.status, self.amount, self.currency) = (Status::Proposed, Some(amount), Some(currency));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::Aggregate as _;

    use super::super::lead::command;
    use super::*;

    #[test]
    fn a_view_has_what_all_events_of_a_life_say() {
        let (mut lead, mut view) = (Lead::default(), LeadView::default());
        for step in 0..5 {
            let payload = lead.decide(command(step)).unwrap();
            lead.apply(payload.clone());
            let aggregate_id = "one".to_owned();
            view.update(&EventEnvelope { aggregate_id, sequence: step + 1, payload, metadata: [].into() });
        }
        assert_eq!((view.status, view.company.as_str()), (Status::Proposed, "Musterfrau Machines"));
        assert_eq!((view.follow_ups.len(), view.score, view.amount), (1, Some(80), Some(12_345_600)));
    }
}
