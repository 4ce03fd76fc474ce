//! Leads: possible customers, from the first word to a deal won or lost.
//!
//! New → Contacted → Qualified → Proposal → Won or Lost; or Disqualified on the way. Won, Lost and Disqualified are
//! final: notes may still be added, and a customer who was won may be followed up. `tests.rs` has the whole table.

mod command;
mod decide;
mod error;
mod event;
mod values;

#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::aggregate::{HoldsPersonal, MaybePersonal, PersonalField, Stream};
use crate::kernel::{Date, Email, Money, Note, Personal, Phone, Text, Timestamp, UserId};

pub use command::{
    AddNote, Assign, Capture, CompleteFollowUp, Disqualify, LeadCommand, LogContact, Lose, Qualify,
    ScheduleFollowUp, SendProposal, UpdateDetails, Win,
};
pub use error::LeadError;
pub use event::{
    Assigned, Contacted, Created, Disqualified, FollowUpCompleted, FollowUpScheduled, LeadEvent, Lost,
    NoteAdded, ProposalSent, Qualified, Updated, Won,
};
pub use values::{Channel, Score, ScoreError, Source};

/// One of the follow-ups of a lead.
pub type FollowUpId = crate::kernel::StreamId;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not captured: there is no such lead.
    #[default]
    Absent,
    New,
    Contacted,
    Qualified,
    Proposal,
    Won,
    Lost,
    Disqualified,
}

/// What a decision on a lead has to know of its past. Notes are kept by the events alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    pub status: Status,
    pub name: Option<Personal<Text<200>>>,
    pub email: Option<Personal<Email>>,
    pub phone: Option<Personal<Phone>>,
    pub company: Option<Text<200>>,
    pub source: Option<Source>,
    pub value: Option<Money>,
    pub owner: Option<UserId>,
    pub score: Option<Score>,
    pub proposal: Option<Proposal>,
    pub follow_ups: Vec<FollowUp>,
}

/// The offer that counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    pub amount: Money,
    pub valid_until: Date,
}

/// An open one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FollowUp {
    pub id: FollowUpId,
    pub due_at: Timestamp,
    pub note: Option<Personal<Note<4000>>>,
}

impl Stream for Lead {
    const TYPE: &'static str = "lead";
    const FOLD_VERSION: u32 = 1;
    type Event = LeadEvent;

    fn apply(&mut self, event: &LeadEvent) {
        match event {
            LeadEvent::Created(created) => *self = Self::from(created.clone()),
            LeadEvent::Updated(updated) => self.update(updated),
            LeadEvent::Assigned(assigned) => self.owner = Some(assigned.owner),
            LeadEvent::NoteAdded(_) => {}
            LeadEvent::Contacted(_) => {
                if self.status == Status::New {
                    self.status = Status::Contacted;
                }
            }
            LeadEvent::Qualified(qualified) => {
                self.status = Status::Qualified;
                self.score = Some(qualified.score);
            }
            LeadEvent::Disqualified(_) => self.give_up(Status::Disqualified),
            LeadEvent::ProposalSent(sent) => {
                self.status = Status::Proposal;
                self.value = Some(sent.amount);
                self.proposal = Some(Proposal { amount: sent.amount, valid_until: sent.valid_until });
            }
            LeadEvent::Won(won) => {
                self.status = Status::Won;
                self.value = Some(won.amount);
            }
            LeadEvent::Lost(_) => self.give_up(Status::Lost),
            LeadEvent::FollowUpScheduled(scheduled) => self.follow_ups.push(FollowUp {
                id: scheduled.follow_up_id,
                due_at: scheduled.due_at,
                note: scheduled.note.clone(),
            }),
            LeadEvent::FollowUpCompleted(completed) => {
                self.follow_ups.retain(|follow_up| follow_up.id != completed.follow_up_id);
            }
        }
    }
}

impl Lead {
    /// Nobody comes back to a lead that is given up: what was open ends with it.
    fn give_up(&mut self, status: Status) {
        self.status = status;
        self.follow_ups.clear();
    }

    fn update(&mut self, updated: &Updated) {
        if updated.name.is_some() {
            self.name.clone_from(&updated.name);
        }
        updated.email.apply_to(&mut self.email);
        updated.phone.apply_to(&mut self.phone);
        updated.company.apply_to(&mut self.company);
        updated.value.apply_to(&mut self.value);
    }
}

impl From<Created> for Lead {
    fn from(created: Created) -> Self {
        Self {
            status: Status::New,
            name: Some(created.name),
            email: created.email,
            phone: created.phone,
            company: created.company,
            source: Some(created.source),
            value: created.value,
            ..Self::default()
        }
    }
}

impl HoldsPersonal for Lead {
    fn visit_personal(&mut self, visit: &mut dyn FnMut(&str, &mut dyn PersonalField)) {
        let mut reach = |pointer: &str, field: &mut dyn MaybePersonal| {
            if let Some(field) = field.field() {
                visit(pointer, field);
            }
        };
        reach("/name", &mut self.name);
        reach("/email", &mut self.email);
        reach("/phone", &mut self.phone);
        for (n, follow_up) in self.follow_ups.iter_mut().enumerate() {
            reach(&format!("/follow_ups/{n}/note"), &mut follow_up.note);
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Absent => "absent",
            Self::New => "new",
            Self::Contacted => "contacted",
            Self::Qualified => "qualified",
            Self::Proposal => "proposal",
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Disqualified => "disqualified",
        })
    }
}
