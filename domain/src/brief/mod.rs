//! The brief: a company's strategy, which everything else that it does may read. An org has one.
//!
//! Initiated → Conversing → Drafting → `ReviewPending` ⇄ Editing; approved from review, and revised again later. What
//! was approved last stays the strategy while a revision is under way. Agents may propose sections from the first
//! answer on. A proposal is about a section, not about a state of the brief: it stays open until it is accepted,
//! rejected or expired, whatever happens around it. `tests.rs` has the whole table.

mod command;
mod decide;
mod error;
mod event;
mod values;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::aggregate::{Stream, no_personal};
use crate::kernel::{ProposalId, Text, Timestamp};

pub use command::{
    AcceptProposal, Approve, BriefCommand, ConfirmReady, EditSection, ProposeSection, RecordAnswer,
    RejectProposal, RequestChanges, Resubmit, Revise, Start, SubmitDraft,
};
pub use error::BriefError;
pub use event::{
    AnswerRecorded, BriefEvent, ChangesRequested, Created, DraftGenerated, DraftingStarted, ProposalAccepted,
    ProposalGenerated, ProposalRejected, Resubmitted, RevisionStarted, SectionEdited, Started, Updated,
};
pub use values::{Content, ExpiresIn, ExpiresInError, Section, Sections};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not started: the org has no brief.
    #[default]
    Absent,
    Initiated,
    Conversing,
    Drafting,
    ReviewPending,
    Editing,
    Approved,
}

/// What a decision on a brief has to know of its past. Answers and notes are kept by the events alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    pub status: Status,
    /// As they read now.
    pub sections: Sections,
    /// As they read at the last approval, which is the strategy that holds; none before the first.
    pub approved: Option<Sections>,
    /// For each section the last one that was neither accepted nor rejected. Time passes without an event: it may
    /// have expired.
    pub proposals: BTreeMap<Section, Proposal>,
}
no_personal!(Brief);

/// A content that an agent wrote for a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    pub id: ProposalId,
    pub content: Content,
    pub agent: Text<100>,
    pub expires_at: Timestamp,
}

impl Proposal {
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

impl Stream for Brief {
    const TYPE: &'static str = "brief";
    const FOLD_VERSION: u32 = 1;
    type Event = BriefEvent;

    fn apply(&mut self, event: &BriefEvent) {
        match event {
            BriefEvent::Started(_) => self.status = Status::Initiated,
            BriefEvent::AnswerRecorded(_) => self.status = Status::Conversing,
            BriefEvent::DraftingStarted(_) => self.status = Status::Drafting,
            BriefEvent::DraftGenerated(draft) => {
                self.status = Status::ReviewPending;
                self.sections.fill_all(&draft.sections);
            }
            BriefEvent::ChangesRequested(_) | BriefEvent::RevisionStarted(_) => self.status = Status::Editing,
            BriefEvent::SectionEdited(edited) => self.sections.fill(edited.section, edited.content.clone()),
            BriefEvent::Resubmitted(_) => self.status = Status::ReviewPending,
            BriefEvent::Created(created) => self.approve(&created.sections),
            BriefEvent::Updated(updated) => self.approve(&updated.sections),
            BriefEvent::ProposalGenerated(generated) => {
                self.proposals.insert(generated.section, Proposal::from(generated.clone()));
            }
            BriefEvent::ProposalAccepted(accepted) => {
                self.sections.fill(accepted.section, accepted.content.clone());
                self.proposals.remove(&accepted.section);
            }
            BriefEvent::ProposalRejected(rejected) => {
                self.proposals.remove(&rejected.section);
            }
        }
    }
}

impl Brief {
    /// An approval names the sections that differ from the one before, the first names them all.
    fn approve(&mut self, changed: &Sections) {
        self.status = Status::Approved;
        self.sections.fill_all(changed);
        self.approved.get_or_insert_default().fill_all(changed);
    }
}

impl From<ProposalGenerated> for Proposal {
    fn from(generated: ProposalGenerated) -> Self {
        Self {
            id: generated.proposal_id,
            content: generated.content,
            agent: generated.agent,
            expires_at: generated.expires_at,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Absent => "absent",
            Self::Initiated => "initiated",
            Self::Conversing => "conversing",
            Self::Drafting => "drafting",
            Self::ReviewPending => "review_pending",
            Self::Editing => "editing",
            Self::Approved => "approved",
        })
    }
}
