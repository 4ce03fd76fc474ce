//! What can have happened to a lead. Its person has the lead's own id, and all that is personal is theirs.

use serde::{Deserialize, Serialize};

use super::{Channel, FollowUpId, Score, Source};
use crate::aggregate::{events, no_personal, personal_fields};
use crate::kernel::{Change, Date, Email, Money, Note, Personal, Phone, Text, Timestamp, UserId};

events! {
    /// What can have happened to a lead.
    LeadEvent of "lead" in Sales, about |_event, stream| Some(stream.into());
    Created "lead.created" 1 0;
    Updated "lead.updated" 1 0;
    Assigned "lead.assigned" 1 0;
    NoteAdded "lead.note_added" 1 0;
    Contacted "lead.contacted" 1 0;
    Qualified "lead.qualified" 1 0;
    Disqualified "lead.disqualified" 1 0;
    ProposalSent "lead.proposal_sent" 1 0;
    Won "deal.won" 1 0;
    Lost "deal.lost" 1 0;
    FollowUpScheduled "followup.scheduled" 1 0;
    FollowUpCompleted "followup.completed" 1 0;
}

personal_fields! {
    Created { name, email, phone, note }
    Updated { name, email, phone }
    NoteAdded { note }
    Contacted { note }
    FollowUpScheduled { note }
}
no_personal!(Assigned, Qualified, Disqualified, ProposalSent, Won, Lost, FollowUpCompleted);

/// Somebody may become a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Created {
    pub name: Personal<Text<200>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Personal<Email>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Personal<Phone>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<Text<200>>,
    pub source: Source,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Personal<Note<4000>>>,
}

/// The details that changed, each with its new value; `null` where one was cleared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Updated {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Personal<Text<200>>>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub email: Change<Personal<Email>>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub phone: Change<Personal<Phone>>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub company: Change<Text<200>>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub value: Change<Money>,
}

/// Somebody has the lead to work on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Assigned {
    pub owner: UserId,
}

/// A note was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoteAdded {
    pub note: Personal<Note<4000>>,
}

/// Somebody talked to the lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Contacted {
    pub channel: Channel,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Personal<Note<4000>>>,
    pub at: Timestamp,
}

/// The lead is worth a proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Qualified {
    pub score: Score,
    pub reason: Text<1000>,
}

/// The lead was given up before a proposal. Its open follow-ups end with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Disqualified {
    pub reason: Text<1000>,
}

/// An offer went out; an earlier one no longer counts, and the lead is worth what is offered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProposalSent {
    pub amount: Money,
    pub valid_until: Date,
}

/// The lead has become a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Won {
    pub amount: Money,
}

/// The lead has gone elsewhere. Its open follow-ups end with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Lost {
    pub reason: Text<1000>,
}

/// Somebody has to come back to the lead at that moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FollowUpScheduled {
    pub follow_up_id: FollowUpId,
    pub due_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Personal<Note<4000>>>,
}

/// A follow-up is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FollowUpCompleted {
    pub follow_up_id: FollowUpId,
}
