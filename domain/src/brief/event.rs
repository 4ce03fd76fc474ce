//! What can have happened to a brief. A strategy is about a company: nothing in it is personal data.

use serde::{Deserialize, Serialize};

use super::{Content, Section, Sections};
use crate::aggregate::{events, no_personal};
use crate::kernel::{Note, ProposalId, Text, Timestamp};

events! {
    /// What can have happened to a brief.
    BriefEvent of "brief" in Strategy, about |_event, _stream| None;
    Started "brief.started" 1 0;
    AnswerRecorded "brief.answer_recorded" 1 0;
    DraftingStarted "brief.drafting_started" 1 0;
    DraftGenerated "brief.draft_generated" 1 0;
    ChangesRequested "brief.changes_requested" 1 0;
    SectionEdited "brief.section_edited" 1 0;
    Resubmitted "brief.resubmitted" 1 0;
    Created "brief.created" 1 0;
    Updated "brief.updated" 1 0;
    RevisionStarted "brief.revision_started" 1 0;
    ProposalGenerated "ai.proposal.generated" 1 0;
    ProposalAccepted "ai.proposal.accepted" 1 0;
    ProposalRejected "ai.proposal.rejected" 1 0;
}
no_personal!(
    Started,
    AnswerRecorded,
    DraftingStarted,
    DraftGenerated,
    ChangesRequested,
    SectionEdited,
    Resubmitted,
    Created,
    Updated,
    RevisionStarted,
    ProposalGenerated,
    ProposalAccepted,
    ProposalRejected,
);

/// The company has begun to write down its strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Started {}

/// A question about the company was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AnswerRecorded {
    pub question: Note<2000>,
    pub answer: Note<8000>,
}

/// Enough has been answered for a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DraftingStarted {}

/// The first draft is there, and under review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DraftGenerated {
    /// Those that the draft filled.
    pub sections: Sections,
}

/// The review asked for changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangesRequested {
    pub note: Note<4000>,
}

/// A section reads otherwise now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SectionEdited {
    pub section: Section,
    pub content: Content,
}

/// The edited brief is under review again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resubmitted {}

/// The company has a strategy: its brief was approved for the first time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Created {
    /// All of it.
    pub sections: Sections,
}

/// The strategy was approved again, or a proposal was accepted into it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Updated {
    /// Those that read otherwise than before; none when a revision ended where it began.
    pub sections: Sections,
}

/// The approved brief is being edited; the strategy stays as approved meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RevisionStarted {}

/// An agent proposed another content for a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProposalGenerated {
    pub proposal_id: ProposalId,
    pub section: Section,
    pub content: Content,
    pub agent: Text<100>,
    /// From that moment on nobody can accept it.
    pub expires_at: Timestamp,
}

/// A proposal was accepted: its section has its content now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProposalAccepted {
    pub proposal_id: ProposalId,
    pub section: Section,
    pub content: Content,
}

/// A proposal was turned down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProposalRejected {
    pub proposal_id: ProposalId,
    pub section: Section,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<1000>>,
}
