//! What may be asked of a lead.

use serde::{Deserialize, Serialize};

use super::{Channel, FollowUpId, Score, Source};
use crate::aggregate::commands;
use crate::kernel::{
    Change, Date, Email, LeadId, Money, Note, Permission, PersonalInput, Phone, Text, Timestamp, UserId,
};

commands! {
    /// What may be asked of a lead.
    LeadCommand of "lead" at "/sales/leads";
    Capture Create "capture" Permission(Permission::SALES_WRITE);
    UpdateDetails Stream "update-details" Permission(Permission::SALES_WRITE);
    Assign Stream "assign" Permission(Permission::SALES_WRITE);
    AddNote Stream "add-note" Permission(Permission::SALES_WRITE);
    LogContact Stream "log-contact" Permission(Permission::SALES_WRITE);
    Qualify Stream "qualify" Permission(Permission::SALES_WRITE);
    Disqualify Stream "disqualify" Permission(Permission::SALES_WRITE);
    SendProposal Stream "send-proposal" Permission(Permission::SALES_WRITE);
    Win Stream "win" Permission(Permission::SALES_WRITE);
    Lose Stream "lose" Permission(Permission::SALES_WRITE);
    ScheduleFollowUp Stream "schedule-follow-up" Permission(Permission::SALES_WRITE);
    CompleteFollowUp Stream "complete-follow-up" Permission(Permission::SALES_WRITE);
}

/// Somebody may become a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Capture {
    /// A UUID of version 7; the server makes one when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<LeadId>,
    pub name: PersonalInput<Text<200>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<PersonalInput<Email>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PersonalInput<Phone>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<Text<200>>,
    pub source: Source,
    /// What the deal may be worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<PersonalInput<Note<4000>>>,
}

/// Changes the details that are named; `null` clears one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateDetails {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonalInput<Text<200>>>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub email: Change<PersonalInput<Email>>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub phone: Change<PersonalInput<Phone>>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub company: Change<Text<200>>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub value: Change<Money>,
}

/// Gives the lead to somebody to work on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Assign {
    pub owner: UserId,
}

/// Keeps a note about the lead, in any state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AddNote {
    pub note: PersonalInput<Note<4000>>,
}

/// Records that somebody talked to the lead. The first contact makes a new lead a contacted one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LogContact {
    pub channel: Channel,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<PersonalInput<Note<4000>>>,
    /// When it took place: now when left out, at most five minutes ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// Judges a contacted lead worth a proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Qualify {
    pub score: Score,
    pub reason: Text<1000>,
}

/// Gives a lead up before it was worth a proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Disqualify {
    pub reason: Text<1000>,
}

/// Records an offer, the first or a new one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SendProposal {
    pub amount: Money,
    /// The last day on which it holds, in the org's time zone; today or later.
    pub valid_until: Date,
}

/// The lead has become a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Win {
    pub amount: Money,
}

/// The lead has gone elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Lose {
    pub reason: Text<1000>,
}

/// Sets a moment at which somebody has to come back to the lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ScheduleFollowUp {
    /// Later than now.
    pub due_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<PersonalInput<Note<4000>>>,
}

/// Marks a follow-up as done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CompleteFollowUp {
    /// Which one; may be left out when exactly one is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up_id: Option<FollowUpId>,
}
