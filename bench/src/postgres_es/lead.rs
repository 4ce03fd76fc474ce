//! A lead as cqrs-es wants it: as many rules as such a thing has, and events about as large as ours.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

/// What fills an event up to the size of one that carries sealed personal values.
const NOTE: &str = "Called the office in the morning and spoke to the head of purchasing, who had read the brochure \
    and liked the second offer better than the first. They want the machines before the summer, on two sites, with \
    training for eight people, and would pay a third in advance. A competitor has been there twice. To be called \
    again on Thursday, not before ten, by somebody who knows the machines and the grants.";

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Lead {
    status: Status,
    follow_ups: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Status {
    #[default]
    Unknown,
    New,
    Contacted,
    Qualified,
    Proposed,
}

#[derive(Debug)]
pub(crate) enum LeadCommand {
    Capture { name: String, email: String, phone: String, company: String, note: String },
    LogContact { channel: String, note: String },
    ScheduleFollowUp { due_at: String, note: String },
    Qualify { score: u8, reason: String },
    SendProposal { amount: i64, currency: String, note: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum LeadEvent {
    Created { name: String, email: String, phone: String, company: String, note: String },
    Contacted { channel: String, note: String },
    FollowUpScheduled { due_at: String, note: String },
    Qualified { score: u8, reason: String },
    ProposalSent { amount: i64, currency: String, note: String },
}

#[derive(Debug, thiserror::Error)]
#[error("the lead is {0:?}")]
pub(crate) struct WrongStatus(Status);

/// What rules would ask of others: nothing.
pub(crate) struct Services;

/// The step that a lead takes in any state.
pub(super) const FOLLOW_UP: usize = 2;

/// The command that a client sends as number `step` of a lead.
pub(super) fn command(step: usize) -> LeadCommand {
    let note = NOTE.to_owned();
    match step {
        0 => LeadCommand::Capture {
            name: "Henriette Musterfrau".to_owned(),
            email: "henriette.musterfrau@example.com".to_owned(),
            phone: "+49 30 5550 1234".to_owned(),
            company: "Musterfrau Machines".to_owned(),
            note,
        },
        1 => LeadCommand::LogContact { channel: "phone".to_owned(), note },
        FOLLOW_UP => LeadCommand::ScheduleFollowUp { due_at: "2030-01-02T10:00:00Z".to_owned(), note },
        3 => LeadCommand::Qualify { score: 80, reason: note },
        _ => LeadCommand::SendProposal { amount: 12_345_600, currency: "EUR".to_owned(), note },
    }
}

impl Aggregate for Lead {
    const TYPE: &'static str = "lead";
    type Command = LeadCommand;
    type Event = LeadEvent;
    type Error = WrongStatus;
    type Services = Services;

    async fn handle(
        &mut self,
        command: LeadCommand,
        _: &Services,
        sink: &EventSink<Self>,
    ) -> Result<(), WrongStatus> {
        let event = self.decide(command).ok_or(WrongStatus(self.status))?;
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: LeadEvent) {
        match event {
            LeadEvent::Created { .. } => self.status = Status::New,
            LeadEvent::Contacted { .. } => self.status = Status::Contacted,
            LeadEvent::FollowUpScheduled { .. } => self.follow_ups += 1,
            LeadEvent::Qualified { .. } => self.status = Status::Qualified,
            LeadEvent::ProposalSent { .. } => self.status = Status::Proposed,
        }
    }
}

impl Lead {
    pub(super) fn decide(&self, command: LeadCommand) -> Option<LeadEvent> {
        match (self.status, command) {
            (Status::Unknown, LeadCommand::Capture { name, email, phone, company, note }) => {
                Some(LeadEvent::Created { name, email, phone, company, note })
            }
            (Status::Unknown, _) => None,
            (Status::New, LeadCommand::LogContact { channel, note }) => {
                Some(LeadEvent::Contacted { channel, note })
            }
            (_, LeadCommand::ScheduleFollowUp { due_at, note }) => {
                Some(LeadEvent::FollowUpScheduled { due_at, note })
            }
            (Status::Contacted, LeadCommand::Qualify { score, reason }) => {
                Some(LeadEvent::Qualified { score, reason })
            }
            (Status::Qualified, LeadCommand::SendProposal { amount, currency, note }) => {
                Some(LeadEvent::ProposalSent { amount, currency, note })
            }
            _ => None,
        }
    }
}

impl DomainEvent for LeadEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Created { .. } => "Created",
            Self::Contacted { .. } => "Contacted",
            Self::FollowUpScheduled { .. } => "FollowUpScheduled",
            Self::Qualified { .. } => "Qualified",
            Self::ProposalSent { .. } => "ProposalSent",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifecycle_is_allowed_and_its_events_have_the_size_of_ours() {
        let mut lead = Lead::default();
        for step in 0..5 {
            let event = lead.decide(command(step)).unwrap();
            let size = serde_json::to_string(&event).unwrap().len();
            assert!((400..=600).contains(&size), "step {step}: {size} bytes");
            lead.apply(event);
        }
        assert_eq!((lead.status, lead.follow_ups), (Status::Proposed, 1));
    }
}
