//! What may be asked of a brief.

use serde::{Deserialize, Serialize};

use super::{Content, ExpiresIn, Section, Sections};
use crate::aggregate::commands;
use crate::kernel::{Note, Permission, ProposalId, Text};

commands! {
    /// What may be asked of a brief.
    BriefCommand of "brief" at "/strategy/brief";
    Start OnePerOrg "start" Permission(Permission::STRATEGY_WRITE);
    RecordAnswer OnePerOrg "record-answer" Permission(Permission::STRATEGY_WRITE);
    ConfirmReady OnePerOrg "confirm-ready" Permission(Permission::STRATEGY_WRITE);
    SubmitDraft OnePerOrg "submit-draft" Permission(Permission::STRATEGY_WRITE);
    RequestChanges OnePerOrg "request-changes" Permission(Permission::STRATEGY_WRITE);
    EditSection OnePerOrg "edit-section" Permission(Permission::STRATEGY_WRITE);
    Resubmit OnePerOrg "resubmit" Permission(Permission::STRATEGY_WRITE);
    Approve OnePerOrg "approve" Permission(Permission::STRATEGY_APPROVE);
    Revise OnePerOrg "revise" Permission(Permission::STRATEGY_WRITE);
    ProposeSection OnePerOrg "propose-section" Permission(Permission::STRATEGY_WRITE);
    AcceptProposal OnePerOrg "accept-proposal" Permission(Permission::STRATEGY_WRITE);
    RejectProposal OnePerOrg "reject-proposal" Permission(Permission::STRATEGY_WRITE);
}

/// Begins the brief that the org has once and for ever.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Start {}

/// Keeps one answer of the conversation that leads to a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordAnswer {
    pub question: Note<2000>,
    pub answer: Note<8000>,
}

/// Says that enough has been answered for a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfirmReady {}

/// Hands in the first draft for review; a co-pilot or a person wrote it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SubmitDraft {
    /// At least one. A section that is not named keeps what an accepted proposal gave it.
    pub sections: Sections,
}

/// Sends the brief back from review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RequestChanges {
    /// What has to change.
    pub note: Note<4000>,
}

/// Writes a section anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EditSection {
    pub section: Section,
    pub content: Content,
}

/// Hands the edited brief in for review again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Resubmit {}

/// Makes what is under review the company's strategy. Identity, audience, offerings, positioning and goals must be
/// filled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Approve {}

/// Opens the approved brief for editing. What was approved stays the strategy until the next approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Revise {}

/// Offers another content for a section. A section has one open proposal at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProposeSection {
    pub section: Section,
    pub content: Content,
    /// The name of the agent that wrote it.
    pub agent: Text<100>,
    /// From now on, in seconds, at most 90 days.
    pub expires_in: ExpiresIn,
}

/// Puts an open proposal into its section. On an approved brief it becomes part of the strategy at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AcceptProposal {
    pub proposal_id: ProposalId,
}

/// Turns an open proposal down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RejectProposal {
    pub proposal_id: ProposalId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<1000>>,
}
